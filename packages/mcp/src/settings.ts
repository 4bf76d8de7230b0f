import type { BridgeOptions } from './bridge.ts'

const onThisMachine = ['localhost', '127.0.0.1', '[::1]']

/** What a client says when it starts this program. @throws naming the setting that is wrong, and never the key */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): BridgeOptions {
  const { ENGINE_URL: address = '', ENGINE_API_KEY: key = '' } = environment
  const url = URL.parse(address)
  if (!url) throw new Error('Set ENGINE_URL to the address of the server, such as https://engine.example.com or http://127.0.0.1:4400.')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && onThisMachine.includes(url.hostname)))
    throw new Error('ENGINE_URL must be an https:// address, or an http:// one on this machine: the key is sent to it.')
  if (!/^eng_[\w-]+$/.test(key)) throw new Error('Set ENGINE_API_KEY to a key of a person (eng_user_…) or of an agent (eng_agent_…).')
  return { url, key }
}
