import { createHash } from 'node:crypto'

import { localSecrets, type SecretStore } from '@engine/core'

import { holdNewTask } from '../company.ts'
import type { Prepare, Scene } from './call.ts'

/** The same in every process of a loop, so that each opens what the other sealed. */
export function sharedSecrets(): SecretStore {
  return localSecrets({ key: createHash('sha256').update('the key of the loops').digest() })
}

/** Secrets, their versions and where they are used. */
export const secretInputs: Readonly<Record<string, Prepare>> = {
  'secrets.create': async ({ companyId }) => ({ companyId, name: 'TOKEN', value: 'a first value' }),
  'secrets.update': async (scene) => ({ secretId: await newSecret(scene), description: 'For the shop.' }),
  'secrets.rotate': async (scene) => ({ secretId: await newSecret(scene), value: 'a second value' }),
  'secrets.destroyVersion': async (scene) => {
    const secretId = await newSecret(scene)
    await scene.engine.secrets.rotate({ secretId, value: 'a second value' })
    return { secretId, number: 1 }
  },
  'secrets.delete': async (scene) => ({ secretId: await newSecret(scene) }),
  'secrets.bind': async (scene) => ({ secretId: await newSecret(scene), target: 'company', as: 'TOKEN' }),
  'secrets.unbind': async (scene) => {
    const secretId = await newSecret(scene)
    await scene.engine.secrets.bind({ secretId, target: 'company', as: 'TOKEN' })
    return { secretId, target: 'company', as: 'TOKEN' }
  },
  'secrets.recordAccesses': async (scene) => {
    const { runId, actor } = await holdNewTask(scene.engine, scene)
    const accesses = [{ secretId: await newSecret(scene), number: 1, outcome: 'success' }]
    return { companyId: scene.companyId, runId, agentId: actor.agentId, accesses }
  },
}

async function newSecret({ engine, companyId }: Scene): Promise<string> {
  return (await engine.secrets.create({ companyId, name: 'TOKEN', value: 'a first value' })).id
}
