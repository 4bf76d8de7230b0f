import { z } from 'zod'

import { changedFields, fieldNames } from '../../kernel/change.ts'
import { command } from '../../kernel/command.ts'
import { Id } from '../../kernel/schema.ts'
import { SecretValue } from '../../kernel/secret-value.ts'
import { assertTransition } from '../../kernel/transition.ts'
import { nameKey } from '../../labels/table.ts'
import { addVersion, changeSecret, requireSecret, secretRef } from '../change.ts'
import { secretMachine } from '../machine.ts'
import { Secret, secretInput, SecretName, SecretStatus } from '../schema.ts'
import { deleteSecret, findUses } from '../sql.ts'
import { toSecret, type SecretTable } from '../table.ts'
import { inUse } from '../uses.ts'

export const create = command({
  title: 'Keep a secret',
  description: 'Its value is sealed before it is stored, and no call ever answers with it.',
  input: z.strictObject({
    companyId: Id,
    name: SecretName.describe('Unique in the company, whatever its case; it is no secret.'),
    value: SecretValue.describe('At least 4 characters.'),
    ...secretInput,
  }),
  output: Secret,
  access: { scope: 'secrets:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/secrets'],
  creates: true,
  takesSecret: async (_context, _input, newId) => ({ secretId: newId(), number: 1 }),
  async handle(context, input) {
    const row: SecretTable = {
      id: input.value.secretId,
      company_id: context.companyId,
      name: input.name,
      name_key: nameKey(input.name),
      description: input.description ?? null,
      status: 'active',
      current_version: 1,
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    await context.tx.insertInto('secrets').values(row).execute()
    await addVersion(context, input.value)
    context.emit('secret.created', secretRef(row), { name: row.name })
    return toSecret(row)
  },
})

export const update = command({
  title: 'Describe, disable or activate a secret',
  description: 'A run that needs a disabled secret fails. Its name stays, as configurations name it.',
  input: z.strictObject({ secretId: Id, version: z.number().int().optional(), status: SecretStatus.optional(), ...secretInput }),
  output: Secret,
  access: { scope: 'secrets:manage', company: 'secret' },
  http: ['PATCH', '/secrets/:secretId'],
  async handle(context, input) {
    const secret = await requireSecret(context, input)
    const { description, status } = input
    if (status && status !== secret.status) assertTransition(secretMachine, secret.status, { to: status, verb: 'update' })
    const changes = changedFields({ description, status })
    const next = await changeSecret(context, secret, changes)
    context.emit('secret.updated', secretRef(next), { name: next.name, changed: fieldNames(changes) })
    return toSecret(next)
  },
})

const remove = command({
  title: 'Delete a secret with all of its values',
  description: 'Refused as long as a configuration names it or it is bound; the answer says where.',
  input: z.strictObject({ secretId: Id, version: z.number().int().optional() }),
  output: z.object({ secretId: Id }),
  access: { scope: 'secrets:manage', company: 'secret' },
  http: ['DELETE', '/secrets/:secretId'],
  async handle(context, input) {
    const secret = await requireSecret(context, input)
    const uses = await findUses(context.tx, { companyId: context.companyId, secretId: secret.id })
    if (uses.length > 0) throw inUse(`The secret ${secret.name}`, uses)
    await deleteSecret(context.tx, secret)
    context.emit('secret.deleted', { ...secretRef(secret), version: secret.version + 1 }, { name: secret.name })
    return { secretId: secret.id }
  },
})
// A reserved word where it is declared, not where it is exported.
export { remove as delete }
