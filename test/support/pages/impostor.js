// A page that would be another one: it says so to the board, and speaks to the pages beside it as the board would.
import { openFrame } from './engine-frame.js'

const frame = await openFrame()
const { port1, port2 } = new MessageChannel()
port1.onmessage = ({ data }) => frame.call('report', { what: 'second port', said: data })
parent.postMessage({ engine: 'frame', version: 1, plugin: 'plain', context: { plugin: 'plain' } }, '*', [port2])
function lie() {
  for (let at = 0; at < parent.frames.length; at += 1) {
    if (parent.frames[at] === globalThis.window) continue
    parent.frames[at].postMessage({ type: 'context', context: { ...frame.context, plugin: 'impostor' } }, '*')
    parent.frames[at].postMessage({ type: 'changed', event: { type: 'plain.lie' } }, '*')
  }
}
// Pages beside it may come later.
setInterval(lie, 50)
await frame.call('report', { what: 'impostor', said: { plugin: frame.context.plugin } })
