import { fakeAnthropic, fakeOpenAi, type FakeModel, type FakeReply } from '@engine/testing'

/** Where a model is served, and the key for it. */
export interface Provider {
  readonly key: string
  readonly config: { readonly model: string; readonly baseUrl?: string }
  close(): Promise<void>
}

/** The real provider when its key is there, else a stand-in on this machine. */
export async function openAnthropic(): Promise<Provider> {
  const key = process.env['ANTHROPIC_API_KEY']
  if (key) return { key, config: { model: process.env['ANTHROPIC_MODEL'] ?? 'claude-sonnet-4-5' }, close: async () => undefined }
  return standIn(await fakeAnthropic({ answers: ({ text }) => answerOfWriter(text) }))
}

export async function openOpenAi(): Promise<Provider> {
  const baseUrl = process.env['OPENAI_BASE_URL']
  // A server of your own (llama.cpp, Ollama, vLLM) asks for no key, and the protocol wants one.
  const key = process.env['OPENAI_API_KEY'] || (baseUrl && 'any key will do')
  if (key) {
    const config = { model: process.env['OPENAI_MODEL'] ?? 'gpt-5-mini', ...(baseUrl && { baseUrl }) }
    return { key, config, close: async () => undefined }
  }
  return standIn(await fakeOpenAi({ answers: answerOfDesk }))
}

function standIn(fake: FakeModel): Provider {
  return { key: 'any key will do', config: { model: 'a-stand-in', baseUrl: fake.baseUrl }, close: () => fake.close() }
}

// The stand-ins say nothing but what they can read in what they are told.
const facts: FakeReply = { text: 'A chair that wobbles has three good legs. Nobody sits on it twice. It is kept for guests.' }

/** What the researcher and the editor answer. */
export function answerOfDesk({ text }: { readonly text: string }): FakeReply {
  return text.includes('You are Rosa') ? facts : answerOfEditor(text)
}

function answerOfWriter(told: string): FakeReply {
  if (!told.includes('three good legs')) return { text: 'Nobody gave me any facts.' }
  const isAsked = told.includes('Say how many legs it has.')
  const first = isAsked ? 'Four legs, three of them good' : 'A chair for the guests'
  // It talks about its work first, and ends it by the call after that.
  if (!told.includes('Counting the syllables'))
    return { toolCalls: [{ name: 'comments_create', input: { body: 'Counting the syllables.' } }] }
  const content = `${first}\nit is wobbling in the hall\nnobody sits down`
  return { toolCalls: [{ name: 'submit_for_review', input: { title: 'A haiku', content } }] }
}

function answerOfEditor(told: string): FakeReply {
  const haiku = told.includes('Four legs, three of them good') && told.includes('nobody sits down')
  return { text: haiku ? 'GUESTS\nFour legs, three of them good\nit is wobbling in the hall\nnobody sits down' : 'Nobody gave me a haiku.' }
}
