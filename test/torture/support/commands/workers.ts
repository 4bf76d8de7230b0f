import { randomUUID } from 'node:crypto'

import { systemActor, type Engine } from '@engine/core'

import type { Prepare } from './call.ts'

/** Processes that execute runs. */
export const workerInputs: Readonly<Record<string, Prepare>> = {
  'workers.register': async () => describedWorker(),
  'workers.beat': async ({ engine }) => ({ workerId: await newWorker(engine) }),
  'workers.leave': async ({ engine }) => ({ workerId: await newWorker(engine) }),
  'workers.drain': async ({ engine }) => ({ workerId: await newWorker(engine) }),
  'workers.resume': async ({ engine }) => {
    const workerId = await newWorker(engine)
    await engine.workers.drain({ workerId })
    return { workerId }
  },
}

function describedWorker() {
  return { workerId: randomUUID(), name: 'north', host: 'north', pid: 1, engineVersion: '1.0.0', adapters: ['scripted'], capacity: 4 }
}

async function newWorker(engine: Engine): Promise<string> {
  const worker = describedWorker()
  await engine.execute('workers.register', { input: worker, actor: systemActor })
  return worker.workerId
}
