import { z } from 'zod'

import { assertVersion, changedFields, fieldNames } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { Label, LabelInput } from './schema.ts'
import { changeLabel, deleteLabel, findLabel } from './sql.ts'
import { nameKey, toLabel, type LabelTable } from './table.ts'

export const create = command({
  title: 'Make a label',
  input: z.strictObject({ companyId: Id, ...LabelInput }),
  output: Label,
  access: { scope: 'projects:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/labels'],
  creates: true,
  async handle(context, input) {
    const row: LabelTable = {
      id: context.newId(),
      company_id: context.companyId,
      name: input.name,
      name_key: nameKey(input.name),
      color: input.color ?? null,
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    await context.tx.insertInto('labels').values(row).execute()
    context.emit('label.created', ref(row), { name: row.name, color: row.color })
    return toLabel(row)
  },
})

export const update = command({
  title: 'Rename or recolor a label',
  input: z.strictObject({ labelId: Id, version: z.number().int().optional(), ...z.object(LabelInput).partial().shape }),
  output: Label,
  access: { scope: 'projects:manage', company: 'label' },
  http: ['PATCH', '/labels/:labelId'],
  async handle(context, input) {
    const label = await requireLabel(context, input)
    const { name, color } = input
    const changes = changedFields({ name, color })
    const next = await changeLabel(context, label, { ...changes, name_key: nameKey(name ?? label.name) })
    context.emit('label.updated', ref(next), { changed: fieldNames(changes) })
    return toLabel(next)
  },
})

const remove = command({
  title: 'Delete a label and take it off all tasks',
  input: z.strictObject({ labelId: Id, version: z.number().int().optional() }),
  output: z.object({ labelId: Id, tasks: z.number().int().describe('How many tasks had it.') }),
  access: { scope: 'projects:manage', company: 'label' },
  http: ['DELETE', '/labels/:labelId'],
  async handle(context, input) {
    const label = await requireLabel(context, input)
    const tasks = await deleteLabel(context.tx, label)
    context.emit('label.deleted', { ...ref(label), version: label.version + 1 }, { name: label.name, tasks })
    return { labelId: label.id, tasks }
  },
})
// A reserved word where it is declared, not where it is exported.
export { remove as delete }

async function requireLabel(context: CommandContext, input: { labelId: string; version?: number | undefined }): Promise<LabelTable> {
  const label = await findLabel(context.tx, input.labelId)
  if (!label) throw notFound('label', input.labelId)
  assertVersion('label', label, input.version)
  return label
}

function ref(label: LabelTable) {
  return { type: 'label' as const, id: label.id, version: label.version }
}
