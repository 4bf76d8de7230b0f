import { z } from 'zod'

import { assertVersion } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, notFound, ruleViolated } from '../kernel/errors.ts'
import { canonicalJson } from '../kernel/json.ts'
import { Id } from '../kernel/schema.ts'
import { assertMaySet, ownerId, requireOwner } from './owner.ts'
import { largestTogether, mostPreferences, Preference, PreferenceKey, PreferenceScope, PreferenceValue, ScopeId } from './schema.ts'
import { changePreference, deletePreference, findPreference, preferencesOf } from './sql.ts'
import { toPreference, type PreferenceTable } from './table.ts'

export const set = command({
  title: 'Say what a person, a company, a project, an agent or a task prefers',
  description:
    'Everybody says what they prefer themselves (scope user); operators what is preferred for a task; admins what is for the company, a project or an agent. The same value again changes nothing. With `version`, only if nobody has changed it since; 0 means that it is new.',
  input: z.strictObject({
    companyId: Id,
    scope: PreferenceScope,
    scopeId: ScopeId.optional().describe('Left out for the company itself, and for yourself.'),
    key: PreferenceKey,
    value: PreferenceValue,
    version: z.number().int().min(0).optional(),
  }),
  output: Preference,
  access: { scope: 'preferences:own', company: 'company' },
  http: ['POST', '/companies/:companyId/preferences'],
  async handle(context, input) {
    const { companyId, tx } = context
    const { scope, key, version } = input
    const named = ownerId(context, input)
    assertMaySet(context, { scope, scopeId: named })
    const scopeId = await requireOwner(tx, { companyId, scope, scopeId: named })
    const present = await preferencesOf(tx, { companyId, scope, scopeId })
    const known = present.find((row) => row.key === key)
    if (known) assertVersion('preference', known, version)
    else if (version) throw unknownVersion(key, version)
    const value = JSON.stringify(input.value)
    if (known && canonicalJson(JSON.parse(known.value)) === canonicalJson(input.value)) {
      context.unchanged()
      return toPreference(known)
    }
    refuseTooMuch(present, { key, value })
    const row = known ? await changePreference(context, known, { value }) : await add(context, { scope, scope_id: scopeId, key, value })
    context.emit('preference.set', ref(row), { scope, scopeId, key })
    return toPreference(row)
  },
})

export const unset = command({
  title: 'Take back what was preferred',
  description: 'From then on the next scope decides. Whoever may set it may take it back.',
  input: z.strictObject({ preferenceId: Id, version: z.number().int().optional() }),
  output: z.object({ preferenceId: Id }),
  access: { scope: 'preferences:own', company: 'preference' },
  http: ['DELETE', '/preferences/:preferenceId'],
  async handle(context, { preferenceId, version }) {
    const row = await findPreference(context.tx, preferenceId)
    if (!row) throw notFound('preference', preferenceId)
    const { scope, scope_id: scopeId, key } = row
    assertMaySet(context, { scope, scopeId })
    assertVersion('preference', row, version)
    await deletePreference(context.tx, row)
    context.emit('preference.unset', { ...ref(row), version: row.version + 1 }, { scope, scopeId, key })
    return { preferenceId: row.id }
  },
})

type New = Pick<PreferenceTable, 'scope' | 'scope_id' | 'key' | 'value'>

async function add(context: CommandContext, fields: New): Promise<PreferenceTable> {
  const times = { created_at: context.now, updated_at: context.now }
  const row: PreferenceTable = { id: context.newId(), company_id: context.companyId, ...fields, version: 1, ...times }
  await context.tx.insertInto('preferences').values(row).execute()
  return row
}

/** What an agent is given of them must stay small. @throws `rule_violated` */
function refuseTooMuch(present: readonly PreferenceTable[], { key, value }: { key: string; value: string }): void {
  const others = present.filter((row) => row.key !== key)
  if (others.length >= mostPreferences)
    throw ruleViolated(`There are ${others.length} preferences here already, and ${mostPreferences} at most. Take one back first.`, {
      most: mostPreferences,
    })
  // As it is written, not as a database keeps it.
  const together = others.reduce((sum, row) => sum + JSON.stringify(JSON.parse(row.value)).length, value.length)
  if (together > largestTogether)
    throw ruleViolated(`All values here would be ${together} characters together, and ${largestTogether} at most.`, {
      together,
      most: largestTogether,
    })
}

function unknownVersion(key: string, version: number): EngineError {
  return new EngineError(
    kernelErrors.version_conflict,
    `There is no "${key}" here, so it is at no version ${version}. Send 0, or no version.`,
    {
      details: { key, yourVersion: version, currentVersion: 0 },
    },
  )
}

function ref({ id, version }: PreferenceTable) {
  return { type: 'preference' as const, id, version }
}
