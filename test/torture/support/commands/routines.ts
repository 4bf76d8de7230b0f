import type { Engine } from '@engine/core'

import type { Prepare } from './call.ts'

/** Routines, what triggers them, and what they do. */
export const routineInputs: Readonly<Record<string, Prepare>> = {
  'routines.create': async ({ companyId }) => ({ companyId, name: 'Audit', task: { title: 'Audit' } }),
  'routines.update': async (scene) => ({ routineId: await newRoutine(scene), task: { title: 'Audit it' } }),
  'routines.pause': async (scene) => ({ routineId: await newRoutine(scene) }),
  'routines.resume': async (scene) => {
    const routineId = await newRoutine(scene)
    await scene.engine.routines.pause({ routineId })
    return { routineId }
  },
  'routines.archive': async (scene) => ({ routineId: await newRoutine(scene) }),
  'routines.fire': async (scene) => ({ routineId: await newRoutine(scene) }),
  'routines.addTrigger': async (scene) => ({ routineId: await newRoutine(scene), kind: 'cron', expression: '0 9 * * *' }),
  'routines.updateTrigger': async (scene) => ({ triggerId: (await newHook(scene)).id, isEnabled: false }),
  'routines.removeTrigger': async (scene) => ({ triggerId: (await newHook(scene)).id }),
  'routines.rotateTrigger': async (scene) => ({ triggerId: (await newHook(scene)).id }),
  'routines.receive': async (scene) => {
    const { id: triggerId, key } = await newHook(scene)
    return { triggerId, body: '', headers: { authorization: `Bearer ${key}` } }
  },
  'routines.tick': async (scene) => {
    const { companyId, hasty } = scene
    // By a clock that is two minutes behind, every minute from then on is to come.
    const trigger = await hasty.routines.addTrigger({ routineId: await newRoutine(scene), kind: 'cron', expression: '* * * * *' })
    return { companyId, triggerId: trigger.id, scheduledFor: trigger.nextAt }
  },
}

interface Place {
  readonly engine: Engine
  readonly companyId: string
}

async function newRoutine({ engine, companyId }: Place): Promise<string> {
  return (await engine.routines.create({ companyId, name: 'Audit', task: { title: 'Audit' } })).id
}

async function newHook(place: Place) {
  return place.engine.routines.addTrigger({ routineId: await newRoutine(place), kind: 'webhook', scheme: 'bearer' })
}
