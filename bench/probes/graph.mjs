// B25: every module that importing one package loads. Argument: the package.
import { registerHooks } from 'node:module'

const urls = []
registerHooks({
  load(url, context, nextLoad) {
    urls.push(url)
    return nextLoad(url, context)
  },
})
await import(process.argv[2])
console.log(JSON.stringify({ urls }))
