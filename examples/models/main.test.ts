import { expect, it } from 'vitest'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'

it('hands work from model to model, over a review that asks for another version, and prints what each handed in', async () => {
  const noKeys = { ANTHROPIC_API_KEY: '', OPENAI_API_KEY: '' }
  const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder(), env: noKeys })
  expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
  expect(program.output()).toMatch(/CHA-1 Collect .*: done with version 1\nA chair that wobbles has three good legs\./)
  expect(program.output()).toMatch(/CHA-2 Write a haiku .*: done with version 2\nFour legs, three of them good\n/)
  expect(program.output()).toMatch(/CHA-3 Give .*: done with version 1\nGUESTS\nFour legs, three of them good\n/)
})
