import { costs, ends, scriptedAdapter, takes, type Script } from '../scripted-adapter.ts'
import { testAgentAdapter, type Scene } from './index.ts'

let script: Script = ends({ kind: 'done' })

/** Whose agent follows this script. */
function scene(given: Script): () => Scene {
  return () => {
    script = given
    return { config: {}, usage: { inputTokens: 10, outputTokens: 2 } }
  }
}

const total = 5_000
let written = 0

const flood: Script = async ({ emit }) => {
  for (written = 0; written < total; written += 1) await emit({ type: 'log', stream: 'stdout', text: `line ${written}\n` })
  return { kind: 'done' }
}

testAgentAdapter({
  name: 'the scripted adapter',
  create() {
    const adapter = scriptedAdapter()
    adapter.script = script
    return adapter
  },
  leastConfig: {},
  scenes: {
    works: scene(async (turn) => {
      await turn.emit({ type: 'comment', body: turn.context.task.title })
      await turn.emit({ type: 'session', state: { runs: Number(turn.session?.['runs'] ?? 0) + 1 } })
      return costs({ inputTokens: 10, outputTokens: 2 })(turn)
    }),
    fails: scene(ends({ kind: 'failed', class: 'refused', message: 'It will not.' })),
    hangs: scene(async (turn) => {
      if (!turn.signal.aborted) await turn.emit({ type: 'log', stream: 'stdout', text: 'It hangs.' })
      return takes(3_600_000)(turn)
    }),
    floods: () => ({ ...scene(flood)(), written: () => written, total }),
  },
})
