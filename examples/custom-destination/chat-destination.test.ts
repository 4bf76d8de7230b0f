import { testDestination } from '@engine/testing/destinations'
import { expect, it } from 'vitest'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'
import { openChat } from './chat.ts'
import { chatDestination } from './chat-destination.ts'

const token = 'canary-of-the-chat'
let url = 'http://127.0.0.1:9/'

testDestination({
  name: 'a room of a chat',
  create: () => chatDestination({ url }),
  leastConfig: { room: 'chairs', token },
  secrets: [token],
  async receiver() {
    const chat = await openChat(token)
    url = chat.url
    const config = { room: 'chairs', token }
    return {
      config,
      wrongConfig: { ...config, token: 'another' },
      busyForMs: 3_000,
      answer: chat.answer,
      received: () => chat.messages,
      asked: chat.asked,
      dispose: chat.close,
    }
  },
})

it('tells the chat what was done, with the token from the secrets of the company', async () => {
  const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder() })
  expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
  expect(program.output()).toBe('room: passed. The room takes messages.\nThe chat has: Paint the chair is done\n')
})
