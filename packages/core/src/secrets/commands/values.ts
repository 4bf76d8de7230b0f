import { z } from 'zod'

import { changedMeanwhile } from '../../kernel/change.ts'
import { command } from '../../kernel/command.ts'
import { notFound, ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { SecretValue } from '../../kernel/secret-value.ts'
import { assertTransition } from '../../kernel/transition.ts'
import { addVersion, changeSecret, requireSecret, secretRef } from '../change.ts'
import { secretVersionMachine } from '../machine.ts'
import { Secret, SecretVersion } from '../schema.ts'
import { findSecret, findUsesOfVersion, findVersion, wipeVersion } from '../sql.ts'
import { toSecret, toVersion } from '../table.ts'
import { inUse } from '../uses.ts'

export const rotate = command({
  title: 'Give a secret a new value',
  description:
    'The next run gets it; runs that are under way keep what they have. The values before stay until they are destroyed. Of two that rotate at the same moment one is told so.',
  input: z.strictObject({ secretId: Id, value: SecretValue.describe('At least 4 characters.') }),
  output: Secret,
  access: { scope: 'secrets:manage', company: 'secret' },
  http: ['POST', '/secrets/:secretId/rotate'],
  async takesSecret({ db }, { secretId }) {
    const secret = await findSecret(db, secretId)
    if (!secret) throw notFound('secret', secretId)
    return { secretId, number: secret.current_version + 1 }
  },
  async handle(context, input) {
    const secret = await requireSecret(context, input)
    const { number } = input.value
    if (number !== secret.current_version + 1) throw changedMeanwhile('secret', secret.id)
    await addVersion(context, input.value)
    const next = await changeSecret(context, secret, { current_version: number })
    context.emit('secret.rotated', secretRef(next), { name: next.name, number })
    return toSecret(next)
  },
})

export const destroyVersion = command({
  title: 'Destroy an old value of a secret for good',
  description: 'What was sealed is wiped, and no key brings it back. The newest value stays: rotate first.',
  input: z.strictObject({ secretId: Id, number: z.number().int().min(1) }),
  output: SecretVersion,
  access: { scope: 'secrets:manage', company: 'secret' },
  http: ['POST', '/secrets/:secretId/destroy-version'],
  async handle(context, input) {
    const { companyId, tx, now } = context
    const secret = await requireSecret(context, { secretId: input.secretId })
    const place = { companyId, secretId: secret.id, number: input.number }
    const found = await findVersion(tx, place)
    if (!found) throw notFound('version of this secret', String(input.number))
    assertTransition(secretVersionMachine, found.status, { to: 'destroyed', verb: 'destroyVersion' })
    if (found.number === secret.current_version)
      throw ruleViolated(`Version ${found.number} is the newest value of ${secret.name}. Rotate it first, or delete the secret.`, {
        currentVersion: secret.current_version,
      })
    const uses = await findUsesOfVersion(tx, place)
    if (uses.length > 0) throw inUse(`Version ${found.number} of the secret ${secret.name}`, uses)
    if (!(await wipeVersion(tx, { ...place, now }))) throw changedMeanwhile('secret', secret.id)
    const next = await changeSecret(context, secret, {})
    context.emit('secret.version_destroyed', secretRef(next), { name: next.name, number: found.number })
    return toVersion({ ...found, status: 'destroyed', destroyed_at: now })
  },
})
