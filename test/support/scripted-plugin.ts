import { systemActor, type Engine } from '@engine/core'

/** Installs the scripted plugin in a company, with its subscription parked; its webhook takes this key. */
export async function installScripted(engine: Engine, companyId: string, key = 'a key'): Promise<string> {
  const { id } = await engine.plugins.install({ companyId, plugin: 'scripted', config: { word: key } })
  const input = { companyId, plugin: 'scripted', subscription: 'refused', seq: 1, fence: 0, attempts: 8, reason: 'refused' }
  await engine.execute('plugins.park', { input, actor: systemActor })
  return id
}
