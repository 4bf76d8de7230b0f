import { expect, it } from 'vitest'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'

it('lets one model of each provider hand in its work, and prints both', async () => {
  const noKeys = { ANTHROPIC_API_KEY: '', OPENAI_API_KEY: '' }
  const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder(), env: noKeys })
  expect(await program.exited).toEqual({ code: 0, signal: null })
  expect(program.output()).toMatch(/CHA-1 Write a haiku about a chair: done\nTwelve chairs in a row\n/)
  expect(program.output()).toMatch(/CHA-2 Write an aphorism about a chair: done\nA chair that wobbles/)
})
