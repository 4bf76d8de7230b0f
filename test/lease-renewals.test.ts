// What the thread of a process asks the database for: leases are renewed by run and fence (PROMISES P1, P3).
import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { createTestEngine } from '@engine/testing'

import { openDatabase } from '../packages/core/src/database/open.ts'
import { openRenewals } from '../packages/core/src/loops/lease-renewals.ts'
import { renewalTexts } from '../packages/core/src/runs/renewal.ts'
import { temporaryFolder } from './support/files.ts'
import { newDatabase } from './support/storages.ts'

const storages = {
  sqlite: async () => sqlite(join(temporaryFolder(), 'engine.db')),
  postgres: async () => postgres(await newDatabase()),
}

it.each(Object.entries(storages))(
  'a thread renews no lease by another fence than its own, and knows it for lost, on %s',
  async (_, newStorage) => {
    const storage = await newStorage()
    const { engine, companyId, agentId } = await createTestEngine({ storage, agentMode: 'manual' })
    onTestFinished(() => engine.stop())
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const { run } = await engine.tasks.checkout({ taskId: task.id })
    const { dialect, thread } = storage.open()
    const db = openDatabase(storage, dialect)
    onTestFinished(() => db.destroy())
    const endsAt = async () =>
      (await db.selectFrom('leases').select('expires_at').where('company_id', '=', companyId).executeTakeFirstOrThrow()).expires_at
    const access = { kind: 'database', family: storage.family, texts: renewalTexts(db) } as const
    const renewals = openRenewals({ ...access, thread: thread ?? expect.unreachable() }, 3_600_000)
    onTestFinished(() => renewals.close())
    const own = { runId: run.id, fence: run.fence ?? 0, credential: null }
    const earlier = { ...own, fence: own.fence - 1 }
    const before = await endsAt()
    expect(await renewals.renew([earlier])).toEqual({ renewed: [], lost: [earlier] })
    expect(await endsAt()).toBe(before)
    expect(await renewals.renew([own, earlier])).toEqual({ renewed: [own], lost: [earlier] })
    expect(Date.parse(await endsAt()) - Date.parse(before)).toBeGreaterThan(3_000_000)
  },
)
