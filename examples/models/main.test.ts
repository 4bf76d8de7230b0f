import { fakeOpenAi } from '@engine/testing'
import { expect, it, onTestFinished } from 'vitest'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'
import { answerOfDesk } from './providers.ts'

const noKeys = { ANTHROPIC_API_KEY: '', OPENAI_API_KEY: '', OPENAI_BASE_URL: '' }

it('hands work from model to model, over a review that asks for another version, and prints what each handed in', async () => {
  const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder(), env: noKeys })
  expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
  expect(program.output()).toMatch(/CHA-1 Collect .*: done with version 1\nA chair that wobbles has three good legs\./)
  expect(program.output()).toMatch(/CHA-2 Write a haiku .*: done with version 2\nFour legs, three of them good\n/)
  expect(program.output()).toMatch(/CHA-3 Give .*: done with version 1\nGUESTS\nFour legs, three of them good\n/)
})

it('works with a server of your own that speaks the protocol of OpenAI, without a key', async () => {
  const server = await fakeOpenAi({ answers: answerOfDesk })
  onTestFinished(() => server.close())
  const env = { ...noKeys, OPENAI_BASE_URL: server.baseUrl, OPENAI_MODEL: 'llama-at-home' }
  const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder(), env })
  expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
  expect(program.output()).toMatch(/CHA-3 Give .*: done with version 1\nGUESTS\n/)
  expect(server.calls.length).toBeGreaterThan(1)
  expect(new Set(server.calls.map(({ body }) => body['model']))).toEqual(new Set(['llama-at-home']))
})
