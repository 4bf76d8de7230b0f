// A page that says what is no message, asks for a height that no screen has, and then behaves.
const { port1: port, port2 } = new MessageChannel()
const answers = new Map()
port.onmessage = ({ data }) => answers.get(data.id)?.(data)
parent.postMessage('hello', '*')
parent.postMessage({ engine: 'frame' }, '*')
parent.postMessage({ engine: 'frame', version: 1 }, '*', [port2])
const round = {}
round.self = round
const odd = [
  null,
  1,
  'ask',
  [],
  {},
  round,
  { type: 'ask' },
  { type: 'ask', id: 'x', operation: 'report', input: {} },
  { type: '__proto__' },
  new Map(),
]
for (const message of odd) port.postMessage(message)
port.postMessage({ type: 'height', height: Number.NaN })
port.postMessage({ type: 'height', height: 10 ** 9 })
const ask = (id, operation, input) => {
  const { promise, resolve } = Promise.withResolvers()
  answers.set(id, resolve)
  port.postMessage({ type: 'ask', id, operation, input })
  return promise
}
const said = {
  round: (await ask(1, 'report', round)).problem?.code,
  long: (await ask(2, 'report', { what: 'x'.repeat(10 ** 6), said: {} })).problem?.code,
  nameless: (await ask(3, { toString: null }, {})).problem?.code,
  prototype: (await ask(4, '__proto__', {})).problem?.code,
}
await ask(5, 'report', { what: 'malformed', said })
