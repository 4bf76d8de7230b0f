import { create, update } from '../companies/commands.ts'
import { findCompany, isPrefixTaken } from '../companies/sql.ts'
import { assertMay } from '../kernel/authorize.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError } from '../kernel/errors.ts'
import { create as createLabel } from '../labels/commands.ts'
import { portabilityErrors } from './errors.ts'
import { kinds, type Content, type Entry, type Kind } from './format.ts'
import { makers } from './make.ts'
import type { Making } from './making.ts'
import type { Plan } from './plan.ts'
import { orderOf } from './references.ts'
import type { Imported, ImportItem } from './schema.ts'

/** @throws `import_changed` when a plan is another than the one that was shown */
export function assertAsShown({ hash }: Plan, shown: string): void {
  if (hash === shown) return
  throw new EngineError(
    portabilityErrors.import_changed,
    'This import would not do what its preview showed: the package, the company or the way to meet collisions is another now. Look at a new preview, and say its hash.',
    { details: { hash } },
  )
}

/** Founds the company of a package. */
export async function found(
  context: CommandContext,
  { company }: Content,
  called: { name?: string | undefined; taskPrefix?: string | undefined },
) {
  const { requiresHireApproval, requiresStrategyApproval, brandColor } = company.head
  const wanted = called.taskPrefix ?? company.head.taskPrefix
  const isFree = wanted !== undefined && (called.taskPrefix !== undefined || !(await isPrefixTaken(context.tx, wanted)))
  await create.handle(
    context,
    {
      name: called.name ?? company.head.name,
      description: company.body === '' ? null : company.body,
      taskPrefix: isFree ? wanted : undefined,
      requiresHireApproval,
      requiresStrategyApproval,
      brandColor,
    },
    undefined,
  )
}

const scopes = ['agents:manage', 'goals:manage', 'projects:manage', 'knowledge:write', 'routines:manage', 'tasks:create'] as const

/** Makes what a plan says, in one transaction. `isNew`: the company was founded for it, so whoever imports it hires its agents. */
export async function apply(context: CommandContext, plan: Plan, { isNew }: { isNew: boolean }): Promise<Imported> {
  const { content, hash } = plan
  // A key that may not make these things one by one makes none by a package.
  for (const scope of scopes) assertMay(context, scope)
  const company = await findCompany(context.tx, context.companyId)
  const ids = new Map<string, string>()
  const making: Making = {
    context,
    sidecar: content.sidecar,
    asksForApproval: !isNew && company?.requires_hire_approval === 1,
    idOf: (kind, slug) => (slug ? ids.get(`${kind} ${slug}`) : undefined),
  }
  const items = [...(await makeLabels(context, content, plan.items))]
  for (const kind of kinds) {
    for (const item of await makeAll(making, kind, { plan, ids })) items.push(item)
  }
  const { defaultAgent } = content.company.head
  const defaultAgentId = making.idOf('agent', defaultAgent)
  if (isNew && defaultAgentId !== undefined) await update.handle(context, { companyId: context.companyId, defaultAgentId }, undefined)
  const counts = Object.fromEntries(
    kinds.map((kind) => [kind, items.filter((item) => item.kind === kind && item.action !== 'skip').length]),
  )
  const present = await findCompany(context.tx, context.companyId)
  const ref = { type: 'company' as const, id: context.companyId, version: present?.version ?? 1 }
  context.emit('company.imported', ref, { hash, isNew, counts })
  return { companyId: context.companyId, name: present?.name ?? '', items }
}

async function makeLabels(context: CommandContext, { company }: Content, items: readonly ImportItem[]) {
  const made = []
  for (const item of items) {
    if (item.kind !== 'label') continue
    const color = company.head.labels?.find(({ name }) => name === item.name)?.color ?? null
    const label =
      item.id === null ? await createLabel.handle(context, { companyId: context.companyId, name: item.name, color }, undefined) : null
    made.push({ ...item, id: label?.id ?? item.id ?? '' })
  }
  return made
}

async function makeAll<Of extends Kind>(making: Making, kind: Of, { plan, ids }: { plan: Plan; ids: Map<string, string> }) {
  const made: Imported['items'] = []
  const items = new Map(plan.items.flatMap((item) => (item.kind === kind ? [[item.slug, item]] : [])))
  // The entries of a kind are of that kind.
  const entries = plan.content.entries[kind] as readonly Entry<Of>[]
  for (const entry of orderOf(kind, entries).sorted) {
    const item = items.get(entry.slug)
    if (!item) continue
    const id = item.action === 'skip' && item.id !== null ? item.id : (await makers[kind](making, { entry, item })).id
    ids.set(`${kind} ${entry.slug}`, id)
    made.push({ ...item, id })
  }
  return made
}
