import { randomUUID } from 'node:crypto'

import type { Engine } from '@engine/core'

import { inTransaction, openDatabase } from './database.ts'

/** Which agent of which company works for the shop. */
export interface Staff {
  readonly companyId: string
  readonly agentId: string
}

interface Order {
  readonly id: string
  readonly item: string
  readonly task_id: string
}

export interface Orders {
  /** The order and the task to pack it are both there afterwards, or neither is. */
  place(item: string): Promise<{ id: string; taskId: string }>
  find(id: string): { id: string; item: string; taskId: string } | null
  close(): void
}

/** The shop's own table, in the file that Engine keeps its tables in. */
export function openOrders(file: string, given: { engine: Engine; staff: Staff }): Orders {
  const { engine, staff } = given
  const database = openDatabase(file)
  database.exec('create table if not exists orders (id text primary key, item text not null, task_id text not null)')
  return {
    async place(item) {
      const { joined, ...order } = await inTransaction(file, async (tx) => {
        const joining = engine.join(tx)
        const { companyId, agentId } = staff
        const task = await joining.tasks.create({ companyId, title: `Pack ${item}`, assigneeAgentId: agentId })
        const id = randomUUID()
        tx.prepare('insert into orders values (?, ?, ?)').run(id, item, task.id)
        return { id, taskId: task.id, joined: joining }
      })
      // Tells the agents at once; without it they look within two seconds.
      await joined.committed()
      return order
    },
    find(id) {
      const row = database.prepare<[string], Order>('select * from orders where id = ?').get(id)
      return row ? { id: row.id, item: row.item, taskId: row.task_id } : null
    },
    close: () => void database.close(),
  }
}
