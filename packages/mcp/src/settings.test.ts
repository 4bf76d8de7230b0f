import { expect, it } from 'vitest'

import { readSettings } from './settings.ts'

const key = 'eng_agent_01-secret_'

it.each(['https://engine.example.com', 'http://127.0.0.1:4400', 'http://localhost:4400', 'http://[::1]:4400'])(
  'takes the address %s',
  (url) => {
    expect(readSettings({ ENGINE_URL: url, ENGINE_API_KEY: key })).toEqual({ url: new URL(url), key })
  },
)

it.each(['', 'engine.example.com', 'http://engine.example.com', 'http://127.0.0.1.example.com', 'file:///etc/passwd'])(
  'sends no key to %j, and says what would work',
  (url) => {
    expect(() => readSettings({ ENGINE_URL: url, ENGINE_API_KEY: key })).toThrow(/ENGINE_URL.*http/)
  },
)

it.each([undefined, '', 'a key', 'sk_live_1'])('refuses the key %j without repeating it', (wrong) => {
  const read = () => readSettings({ ENGINE_URL: 'https://engine.example.com', ENGINE_API_KEY: wrong })
  expect(read).toThrow(/^Set ENGINE_API_KEY to a key of a person \(eng_user_…\) or of an agent \(eng_agent_…\)\.$/)
})
