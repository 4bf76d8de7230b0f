// A page that does what it is for: it says what it was told, and reports each change.
import { openFrame } from './engine-frame.js'

const frame = await openFrame()
document.getElementById('context').textContent = JSON.stringify(frame.context)
document.body.dataset.ready = 'true'
addEventListener('message', (message) => document.body.append(`heard ${JSON.stringify(message.data)}`))
frame.onChange((event) => document.body.append(`told by the board: ${event?.type}`))
