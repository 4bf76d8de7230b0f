import { once } from 'node:events'

import { testAgentAdapter } from '@engine/testing/adapters'
import { expect, it } from 'vitest'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'
import { functionAdapter, type Work } from './function-adapter.ts'

const functions: Record<string, Work> = {
  async works({ context, emit }) {
    await emit({ type: 'comment', body: context.task.title })
    return { kind: 'done' }
  },
  async fails() {
    throw new Error('no idea')
  },
  async hangs({ emit, signal }) {
    await emit({ type: 'progress', percent: 1 })
    if (!signal.aborted) await once(signal, 'abort')
    return { kind: 'done' }
  },
}

const scene = (name: string) => () => ({ config: { name } })

testAgentAdapter({
  name: 'functions as agents',
  create: () => functionAdapter(functions),
  leastConfig: { name: 'works' },
  scenes: { works: scene('works'), fails: scene('fails'), hangs: scene('hangs') },
})

it('does a task by a function of the program, and prints what it said', async () => {
  const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder() })
  expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
  expect(program.output()).toBe('ACM-1 is done: Hello, Acme!\n')
})
