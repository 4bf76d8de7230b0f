import { expect, it } from 'vitest'

import { createClient } from './client.ts'

it('sends nothing for a reference that no address can hold', async () => {
  const asked: Request[] = []
  const fetch = async (request: Request) => {
    asked.push(request)
    return new Response('{}')
  }
  const client = createClient({ url: 'http://127.0.0.1', fetch })
  await expect(client.tasks.get({ taskId: 'ACM-\ud800' })).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringMatching(/is none\. Nothing was sent\./),
  })
  expect(asked).toEqual([])
})
