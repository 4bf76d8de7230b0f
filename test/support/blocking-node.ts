// A node whose agent keeps the event loop of its process from turning.
import { createNode } from '@engine/core'

import { blockingAdapter } from './blocking-adapter.ts'

const [, , url = '', key = '', settings = '{}', blocksForMs = '0'] = process.argv
const node = createNode({ server: new URL(url), key, adapters: [blockingAdapter(Number(blocksForMs))], settings: JSON.parse(settings) })
process.on('SIGTERM', () => void node.stop().then(() => console.log('STOPPED')))
await node.start()
