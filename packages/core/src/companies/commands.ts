import { z } from 'zod'

import { command, type CommandContext } from '../kernel/command.ts'
import { findColleague } from '../agents/sql.ts'
import { stoppedBy } from '../budgets/exceeded.ts'
import { EngineError, kernelErrors, notFound, notInCompany, ruleViolated } from '../kernel/errors.ts'
import { assertVersion, changedFields, fieldNames } from '../kernel/change.ts'
import { Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { cancelRunsOfCompany } from '../runs/cancel.ts'
import { rerouteWaiting } from '../tasks/reroute.ts'
import { companyMachine } from './machine.ts'
import { Company, CompanyInput, mebibyte, prefixFromName, type CompanyStatus, type StrategyGate } from './schema.ts'
import { changeCompany, hasApprovedStrategy, insertCompany, isPrefixTaken, lockCompanyRow } from './sql.ts'
import { toCompany, type CompanyTable } from './table.ts'

export const create = command({
  title: 'Create a company',
  input: z.strictObject(CompanyInput),
  output: Company,
  access: { scope: 'companies:create', company: 'new' },
  http: ['POST', '/companies'],
  creates: true,
  async handle(context, input) {
    const row: CompanyTable = {
      id: context.companyId,
      name: input.name,
      description: input.description ?? null,
      status: 'active',
      task_prefix: input.taskPrefix ?? (await freePrefix(context, prefixFromName(input.name))),
      task_counter: 0,
      settings: JSON.stringify(input.settings ?? {}),
      requires_hire_approval: input.requiresHireApproval ? 1 : 0,
      strategy_gate: input.requiresStrategyApproval ? 'closed' : 'none',
      pause_reason: null,
      brand_color: input.brandColor ?? null,
      attachment_max_bytes: input.attachmentMaxBytes ?? 10 * mebibyte,
      default_agent_id: null,
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    await insertCompany(context.tx, row)
    context.emit('company.created', { type: 'company', id: row.id, version: 1 }, { name: row.name, taskPrefix: row.task_prefix })
    return toCompany(row)
  },
})

async function freePrefix(context: CommandContext, prefix: string): Promise<string> {
  for (let suffix = 1; suffix < 10_000; suffix += 1) {
    const candidate = suffix === 1 ? prefix : `${prefix}${suffix}`
    if (!(await isPrefixTaken(context.tx, candidate))) return candidate
  }
  throw new EngineError(kernelErrors.already_exists, `All task prefixes beginning with ${prefix} are taken; choose a taskPrefix.`)
}

export const update = command({
  title: 'Change a company',
  input: z.strictObject({
    companyId: Id,
    version: z.number().int().optional(),
    ...z.object(CompanyInput).partial().omit({ taskPrefix: true }).shape,
    defaultAgentId: Id.nullable().optional().describe('Who gets the tasks that no rule gives to anybody.'),
  }),
  output: Company,
  access: { scope: 'companies:manage', company: 'company' },
  http: ['PATCH', '/companies/:companyId'],
  async handle(context, input) {
    const company = await requireCompany(context)
    assertVersion('company', company, input.version)
    if (input.defaultAgentId) await requireWorker(context, input.defaultAgentId)
    const { settings, requiresHireApproval: asks } = input
    const changes = changedFields({
      name: input.name,
      description: input.description,
      settings: settings && JSON.stringify(settings),
      requires_hire_approval: asks === undefined ? undefined : Number(asks),
      strategy_gate: await nextGate(context, company, input.requiresStrategyApproval),
      brand_color: input.brandColor,
      attachment_max_bytes: input.attachmentMaxBytes,
      default_agent_id: input.defaultAgentId,
    })
    const next = await changeCompany(context, company, changes)
    context.emit('company.updated', ref(next), { changed: fieldNames(changes) })
    if (input.defaultAgentId) await rerouteWaiting(context)
    return toCompany(next)
  },
})

/** A company that asks for a strategy now, and has approved one before, may go on. */
async function nextGate(context: CommandContext, company: CompanyTable, requires: boolean | undefined): Promise<StrategyGate | undefined> {
  if (requires === undefined) return undefined
  if (!requires) return 'none'
  if (company.strategy_gate !== 'none') return company.strategy_gate
  return (await hasApprovedStrategy(context.tx, { companyId: company.id })) ? 'open' : 'closed'
}

async function requireWorker(context: CommandContext, agentId: string): Promise<void> {
  const agent = await findColleague(context.tx, { companyId: context.companyId, agentId })
  if (!agent) throw notInCompany({ field: 'defaultAgentId', entity: 'agent', reference: agentId })
  if (agent.status === 'terminated') throw ruleViolated(`defaultAgentId: ${agent.name} is terminated and takes no tasks.`, { agentId })
}

const OneCompany = z.strictObject({ companyId: Id })

const changesStatus = {
  output: Company,
  access: { scope: 'companies:manage', company: 'company' },
  whenArchived: 'archives it, and from then on is refused by its machine',
} as const

export const pause = command({
  ...changesStatus,
  title: 'Pause a company: nothing new starts in it',
  input: z.strictObject({
    companyId: Id,
    reason: z.string().trim().min(1).max(2_000).optional(),
    stopRuns: z
      .boolean()
      .default(false)
      .describe(
        'Also cancel what runs: programs are stopped, and tasks go back to todo. What is queued or waits begins after the company is resumed.',
      ),
  }),
  http: ['POST', '/companies/:companyId/pause'],
  async handle(context, { reason = null, stopRuns }) {
    const paused = await moveCompany(context, await requireCompany(context), { to: 'paused', verb: 'pause', reason })
    if (stopRuns) await cancelRunsOfCompany(context, { statuses: ['running'], reason: 'company_stopped' })
    return toCompany(paused)
  },
})

export const resume = command({
  ...changesStatus,
  title: 'Resume a paused company',
  input: OneCompany,
  http: ['POST', '/companies/:companyId/resume'],
  async handle(context) {
    const company = await requireCompany(context)
    assertTransition(companyMachine, company.status, { to: 'active', verb: 'resume' })
    const stop = await stoppedBy(context.tx, { companyId: company.id, agentId: null, projectId: null, taskId: null }, context.now)
    if (stop) throw stop
    return toCompany(await moveCompany(context, company, { to: 'active', verb: 'resume', reason: null }))
  },
})

export const archive = command({
  ...changesStatus,
  title: 'Archive a company for good: it can only be read',
  input: OneCompany,
  http: ['POST', '/companies/:companyId/archive'],
  async handle(context) {
    return toCompany(await moveCompany(context, await requireCompany(context), { to: 'archived', verb: 'archive', reason: null }))
  },
})

interface Move {
  readonly to: CompanyStatus
  readonly verb: 'pause' | 'resume' | 'archive'
  readonly reason: string | null
}

async function moveCompany(context: CommandContext, company: CompanyTable, { to, verb, reason }: Move): Promise<CompanyTable> {
  assertTransition(companyMachine, company.status, { to, verb })
  const next = await changeCompany(context, company, { status: to, pause_reason: reason })
  context.emit('company.status_changed', ref(next), { from: company.status, to, reason })
  return next
}

/** The company, which nobody begins anything in until this command is over. */
async function requireCompany(context: CommandContext): Promise<CompanyTable> {
  const company = await lockCompanyRow(context.tx, context.companyId)
  if (!company) throw notFound('company', context.companyId)
  return company
}

function ref(company: CompanyTable) {
  return { type: 'company' as const, id: company.id, version: company.version }
}
