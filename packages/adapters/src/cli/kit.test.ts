import { readFileSync } from 'node:fs'

import type { AgentAdapter, RunUsage } from '@engine/core/plugin'
import { testAgentAdapter, type Scene } from '@engine/testing/adapters'

import { claudeCodeAdapter } from '../claude-code/index.ts'
import { codexAdapter } from '../codex/index.ts'
import { cursorAdapter } from '../cursor/index.ts'
import { geminiCliAdapter } from '../gemini-cli/index.ts'
import { opencodeAdapter } from '../opencode/index.ts'
import { piAdapter } from '../pi/index.ts'
import type { CliOptions } from './adapter.ts'
import { fakeCli, jsonLines, type FakeCli, type Step } from './fixtures.ts'

const recorded = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const secret = 'sk-canary-0123456789'

interface Played {
  readonly create: (options: CliOptions) => AgentAdapter
  /** A whole run that works. */
  readonly transcript: string
  readonly usage: NonNullable<Scene['usage']> & RunUsage
  readonly config?: { readonly model: string }
}

const programs: Readonly<Record<string, Played>> = {
  'Claude Code': {
    create: claudeCodeAdapter,
    transcript: recorded('claude-code/__fixtures__/2.1.329.jsonl'),
    usage: { inputTokens: 320, outputTokens: 40, cachedInputTokens: 60, costMicros: 1_413 },
  },
  Codex: {
    create: codexAdapter,
    transcript: recorded('codex/__fixtures__/0.169.0.jsonl'),
    usage: { inputTokens: 200, outputTokens: 30, cachedInputTokens: 40 },
  },
  'Gemini CLI': {
    create: geminiCliAdapter,
    transcript: recorded('gemini-cli/__fixtures__/0.61.0.jsonl'),
    usage: { inputTokens: 200, outputTokens: 24, cachedInputTokens: 20 },
  },
  opencode: {
    create: opencodeAdapter,
    transcript: recorded('opencode/__fixtures__/1.18.33.jsonl'),
    usage: { inputTokens: 320, outputTokens: 40, cachedInputTokens: 60, costMicros: 1_414 },
    config: { model: 'anthropic/claude-sonnet-4-5' },
  },
  'the Cursor agent': {
    create: cursorAdapter,
    transcript: jsonLines(
      { type: 'system', subtype: 'init', session_id: 'chat-1' },
      { type: 'result', subtype: 'success', is_error: false, result: 'All done.', session_id: 'chat-1' },
    ),
    usage: {},
  },
  pi: {
    create: piAdapter,
    transcript: recorded('pi/__fixtures__/0.73.1.jsonl'),
    usage: { inputTokens: 320, outputTokens: 40, cachedInputTokens: 60, costMicros: 1_414 },
  },
}

function sceneOn(cli: FakeCli, { usage, config }: Played): Scene {
  return {
    config: { ...config, command: cli.command, cwd: cli.folder, apiKey: secret, graceSec: 1 },
    usage,
    begun: () => cli.calls().length,
    leftovers: () => cli.processes(),
    dispose: async () => cli.remove(),
  }
}

for (const [name, played] of Object.entries(programs)) {
  const { create, transcript, config } = played
  const scene = (steps: readonly Step[]) => () => sceneOn(fakeCli([steps]), played)
  const beginning = transcript.split('\n').slice(0, 2).join('\n')
  const noise = `${'x'.repeat(99_999)}\n`
  const flood: Step[] = [{ out: beginning + '\n' }, ...Array.from({ length: 100 }, () => ({ out: noise })), { out: transcript }]
  testAgentAdapter({
    name,
    create: () => create({ programs: 'any' }),
    leastConfig: { ...config, cwd: '/workspace' },
    secrets: [secret],
    scenes: {
      works: scene([{ out: transcript }]),
      fails: scene([{ err: 'It did not work.\n' }, { exit: 1 }]),
      hangs: scene([{ out: `${beginning}\n` }, { hang: true }]),
      babbles: scene([{ out: 'Hello there\n{"what": \n\u0000\u0001\n' }]),
      floods() {
        const cli = fakeCli([flood])
        return { ...sceneOn(cli, played), written: () => cli.written(), total: flood.filter((step) => 'out' in step).length }
      },
      misconfigured() {
        const cli = fakeCli([[]])
        const good = sceneOn(cli, played)
        return { ...good, config: { ...good.config, command: 'no-such-program-here' } }
      },
    },
  })
}
