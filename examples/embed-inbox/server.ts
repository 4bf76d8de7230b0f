import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { extname } from 'node:path'

import type { Engine } from '@engine/core'
import { expressHandler, localOperator } from '@engine/http'

const types: Readonly<Record<string, string>> = { '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript' }

/** A shop of your own with Engine below `/engine`, so that both are one origin. Who its users are is the shop's to say. */
export function shopServer(engine: Engine, files: URL): Server {
  const handleEngine = expressHandler({ engine, localActor: localOperator })
  return createServer((request, response) => {
    const path = request.url ?? '/'
    if (path.startsWith('/engine/')) {
      request.url = path.slice('/engine'.length)
      handleEngine(request, response, () => response.destroy())
      return
    }
    const name = path.startsWith('/assets/') ? path.slice(1) : 'index.html'
    response.setHeader('content-type', types[extname(name)] ?? 'application/octet-stream')
    response.end(readFileSync(new URL(name, files)))
  })
}
