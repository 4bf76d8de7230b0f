import { randomUUID } from 'node:crypto'

import type { Actor, Engine } from '@engine/core'

import type { Prepare, PrepareOwn } from './call.ts'

const described = { name: 'far', host: 'far', pid: 1, engineVersion: '1.0.0', adapters: ['scripted'], capacity: 4 }

/** Machines that execute runs without the database, as whoever looks after them has them. */
export const nodeKeyInputs: Readonly<Record<string, Prepare>> = {
  'nodes.createKey': async () => ({ name: 'North' }),
  'nodes.revokeKey': async ({ engine }) => ({ nodeKeyId: (await engine.nodes.createKey({ name: 'North' })).id }),
  'nodes.register': async ({ engine }) => ({ ...described, key: (await engine.nodes.createKey({ name: 'North' })).key }),
  'workers.revoke': async ({ engine }) => ({ workerId: await newNode(engine) }),
}

/** The same as they call themselves. */
export const nodeInputs: Readonly<Record<string, PrepareOwn>> = {
  'nodes.heartbeat': async ({ engine }) => ({ actor: await nodeActor(engine), input: {} }),
  'nodes.lease': async ({ engine }) => ({ actor: await nodeActor(engine), input: { limit: 1 } }),
  'nodes.recordUsage': async ({ engine }) => ({
    actor: await nodeActor(engine),
    input: { runId: randomUUID(), fence: 1, usages: [{ sequence: 1, costMicros: 5 }] },
  }),
  'nodes.leave': async ({ engine }) => ({ actor: await nodeActor(engine), input: {} }),
}

async function nodeActor(engine: Engine): Promise<Actor> {
  return { kind: 'node', id: await newNode(engine) }
}

async function newNode(engine: Engine): Promise<string> {
  const { key } = await engine.nodes.createKey({ name: 'North' })
  return (await engine.nodes.register({ ...described, key })).workerId
}
