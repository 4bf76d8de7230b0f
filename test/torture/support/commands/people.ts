import type { UserActor } from '@engine/core'

import type { Prepare, PrepareOwn, Scene } from './call.ts'

/** Members, invitations and keys. */
export const peopleInputs: Readonly<Record<string, Prepare>> = {
  'members.add': async ({ companyId }) => ({ companyId, name: 'Ann', email: 'ann@example.com', role: 'operator' }),
  'members.update': async (scene) => ({ memberId: (await newMember(scene)).id, name: 'Anna', role: 'admin' }),
  'members.disable': async (scene) => ({ memberId: (await newMember(scene)).id }),
  'members.enable': async (scene) => {
    const { id: memberId } = await newMember(scene)
    await scene.engine.members.disable({ memberId })
    return { memberId }
  },
  'members.remove': async (scene) => ({ memberId: (await newMember(scene)).id }),
  'invites.create': async ({ companyId }) => ({ companyId, role: 'viewer' }),
  'invites.revoke': async ({ engine, companyId }) => ({ inviteId: (await engine.invites.create({ companyId, role: 'viewer' })).id }),
  'invites.accept': async ({ engine, companyId }) => ({
    token: (await engine.invites.create({ companyId, role: 'viewer' })).key,
    name: 'Bea',
  }),
  'keys.create': async ({ agents: [agentId] }) => ({ agentId, name: 'Laptop' }),
  'keys.revoke': async ({ engine, agents: [agentId = ''] }) => ({ keyId: (await engine.keys.create({ agentId, name: 'Laptop' })).id }),
}

/** What only members call, for themselves. */
export const memberInputs: Readonly<Record<string, PrepareOwn>> = {
  'members.updateOwn': async (scene) => ({ actor: await newPerson(scene), input: { companyId: scene.companyId, name: 'Anna' } }),
  'keys.createOwn': async (scene) => ({ actor: await newPerson(scene), input: { companyId: scene.companyId, name: 'Laptop' } }),
}

function newMember({ engine, companyId }: Scene) {
  return engine.members.add({ companyId, name: 'Ann', role: 'operator' })
}

async function newPerson(scene: Scene): Promise<UserActor> {
  const { userId, role } = await newMember(scene)
  return { kind: 'user', id: userId, roles: { [scene.companyId]: role } }
}
