// P23: the disk runs full under load, and has room again: refusals say so, nothing is done by halves, nobody has to start again.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import { createEngine } from '@engine/core'
import { createHistory, scriptedAdapter, until } from '@engine/testing'

import { defineLoop, type Round, type Scene, type Stage } from './loop.ts'
import { foundCompany, wait } from './support/company.ts'
import { diskOn, limitedDisk, mountSmall, type Mount, type SmallDisk } from './support/disk.ts'
import { judgeAftermath, startLoad } from './support/load.ts'
import { findDamage } from './support/place.ts'

const patienceMs = 30_000

export const diskFull = defineLoop({ name: 'disk-full', storages: ['sqlite'], begin })

async function begin(scene: Scene): Promise<Stage> {
  const mount = mountSmall(scene.folder)
  return {
    round: (round) => play(chooseDisk(scene, round, mount), round),
    async end() {
      mount?.unmount()
    },
  }
}

function chooseDisk(scene: Scene, round: Round, mount: Mount | null): SmallDisk {
  round.fact('a full disk is', mount ? 'a small tmpfs, and a limit of pages' : 'a limit of pages only: mounting a tmpfs was refused')
  return mount && round.seed % 3 > 0 ? diskOn(mount, randomUUID()) : limitedDisk(join(scene.folder, `${randomUUID()}.db`))
}

async function play(disk: SmallDisk, round: Round): Promise<void> {
  const { random } = round
  const settings = { leaseMs: 2_000, sweepMs: 100, pollMs: 50, retryBaseMs: 5 }
  const engine = await createEngine({ storage: disk.storage, adapters: [scriptedAdapter()], settings })
  const place = { storage: 'sqlite', file: disk.file } as const
  try {
    await engine.start()
    const company = await foundCompany(engine, { agents: 1, isExecuted: true })
    const history = createHistory()
    const load = startLoad(engine, { company, clients: 6, random, history, padding: 2_000 })
    const refusals = () => load.wishes.filter(({ told }) => told === 'unavailable').length
    for (let times = 1 + random.int(3); times > 0; times -= 1) {
      await wait(random.int(50))
      const before = refusals()
      await disk.fill(random.int(200_000))
      round.count(`fills (${disk.variant})`)
      await until(refusals, (count) => count > before, patienceMs)
      await wait(random.int(100))
      await disk.free()
      const freedAt = performance.now()
      await until(
        () => load.firstAnswerAfter(freedAt),
        (at) => at !== null,
        patienceMs,
      )
      round.took('from free space to the first answer', (load.firstAnswerAfter(freedAt) ?? 0) - freedAt)
    }
    await load.stop()
    await judgeAftermath({ place, engine, load, history, company }, round)
    for (const line of findDamage(disk.file)) round.violation(`The file is damaged: ${line}`)
    round.count('files checked for damage')
  } finally {
    await disk.free()
    await engine.stop()
    disk.remove()
  }
}
