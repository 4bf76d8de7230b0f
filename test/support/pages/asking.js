// A page that goes on asking whatever happens.
import { openFrame } from './engine-frame.js'

const frame = await openFrame()
for (let at = 0; ; at += 1) {
  await frame.call('report', { what: 'asking', said: { at } }).catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve, 20))
}
