import { installScripted } from '../../../support/scripted-plugin.ts'
import type { Prepare } from './call.ts'

const installed: Prepare = async ({ engine, companyId }) => ({ pluginId: await installScripted(engine, companyId) })

/** Plugins in a company. */
export const pluginInputs: Readonly<Record<string, Prepare>> = {
  'plugins.install': async ({ companyId }) => ({ companyId, plugin: 'another' }),
  'plugins.configure': async (scene) => ({ ...(await installed(scene)), config: { word: 'other' } }),
  'plugins.disable': installed,
  'plugins.enable': async (scene) => {
    const given = await installScripted(scene.engine, scene.companyId)
    await scene.engine.plugins.disable({ pluginId: given })
    return { pluginId: given }
  },
  'plugins.uninstall': installed,
  'plugins.receive': async (scene) => ({
    ...(await installed(scene)),
    webhook: 'take',
    body: '{}',
    headers: { authorization: 'Bearer a key' },
  }),
  'plugins.replay': async (scene) => ({ ...(await installed(scene)), subscription: 'refused' }),
  'plugins.stop': async (scene) => ({ ...(await installed(scene)), isQuarantined: true, reason: 'it crashed' }),
  'plugins.park': async ({ companyId }) => ({
    companyId,
    plugin: 'scripted',
    subscription: 'refused',
    seq: 1,
    fence: 0,
    attempts: 8,
    reason: 'refused',
  }),
}
