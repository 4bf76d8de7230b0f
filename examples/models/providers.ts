import { fakeAnthropic, fakeOpenAi, type FakeModel } from '@engine/testing'

/** Where a model is served, and the key for it. */
export interface Provider {
  readonly key: string
  readonly config: { readonly model: string; readonly baseUrl?: string }
  close(): Promise<void>
}

/** The real provider when its key is there, else a stand-in on this machine that always says the same. */
export async function openAnthropic(): Promise<Provider> {
  const key = process.env['ANTHROPIC_API_KEY']
  if (key) return { key, config: { model: process.env['ANTHROPIC_MODEL'] ?? 'claude-sonnet-4-5' }, close: async () => undefined }
  return standIn(
    await fakeAnthropic({
      answers: [
        { text: 'I count first.\n', toolCalls: [{ name: 'comments_create', input: { body: 'Counting the syllables: 5, 7, 5.' } }] },
        {
          toolCalls: [
            {
              name: 'submit_for_review',
              input: { title: 'A haiku', content: 'Twelve chairs in a row\none of them is wobbling still\nnobody sits down' },
            },
          ],
        },
      ],
    }),
  )
}

export async function openOpenAi(): Promise<Provider> {
  const key = process.env['OPENAI_API_KEY']
  if (key) return { key, config: { model: process.env['OPENAI_MODEL'] ?? 'gpt-5-mini' }, close: async () => undefined }
  return standIn(await fakeOpenAi({ answers: { text: 'A chair that wobbles is a chair that thinks.' } }))
}

function standIn(fake: FakeModel): Provider {
  return { key: 'any key will do', config: { model: 'a-stand-in', baseUrl: fake.baseUrl }, close: () => fake.close() }
}
