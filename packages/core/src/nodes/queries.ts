import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { NodeKey } from './schema.ts'
import { toNodeKey } from './table.ts'

export const listKeys = query({
  title: 'List the keys with which nodes register, without their text',
  input: z.strictObject(pageInput),
  output: pageOf(NodeKey),
  access: { scope: 'workers:manage', company: 'installation' },
  http: ['GET', '/node-keys'],
  async handle({ db }, input) {
    const rows = db.selectFrom('node_keys').selectAll()
    return pageById(rows, input, { item: toNodeKey })
  },
})
