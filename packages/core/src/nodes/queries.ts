import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { NodeKey } from './schema.ts'
import { toNodeKey } from './table.ts'

export const listKeys = query({
  title: 'List the keys with which nodes register, without their text',
  input: z.strictObject(pageInput),
  output: pageOf(NodeKey),
  access: { scope: 'workers:manage', company: 'installation' },
  http: ['GET', '/node-keys'],
  async handle({ db }, input) {
    let rows = db
      .selectFrom('node_keys')
      .selectAll()
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.cursor) rows = rows.where('id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    return toPage(await rows.execute(), input.limit, { item: toNodeKey, key: (row) => [row.id] })
  },
})
