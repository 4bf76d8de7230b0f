// A page that asks far too much: of the window around it first, then over its port.
const { port1: port, port2 } = new MessageChannel()
for (let at = 0; at < 20_000; at += 1) parent.postMessage({ engine: 'frame', version: 1, at }, '*')
parent.postMessage({ engine: 'frame', version: 1 }, '*', [port2])
for (let at = 0; at < 100_000; at += 1) port.postMessage({ type: 'ask', id: at, operation: 'report', input: { what: 'flood', said: {} } })
