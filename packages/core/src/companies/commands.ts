import { z } from 'zod'

import { command, type CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, notFound } from '../kernel/errors.ts'
import { assertVersion, changedFields, changedMeanwhile, fieldNames } from '../kernel/change.ts'
import { Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { companyMachine } from './machine.ts'
import { Company, CompanyInput, prefixFromName, type CompanyStatus } from './schema.ts'
import { insertCompany, lockCompanyRow, isPrefixTaken, updateCompany } from './sql.ts'
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
      requires_hire_approval: 0,
      strategy_gate: 'none',
      pause_reason: null,
      brand_color: null,
      attachment_max_bytes: 10 * 1024 * 1024,
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
  }),
  output: Company,
  access: { scope: 'companies:manage', company: 'company' },
  http: ['PATCH', '/companies/:companyId'],
  async handle(context, input) {
    const company = await requireCompany(context)
    assertVersion('company', company, input.version)
    const { settings, name, description } = input
    const changes = changedFields({ name, description, settings: settings && JSON.stringify(settings) })
    return changeCompany(context, company, {
      changes,
      emit: (next) => context.emit('company.updated', ref(next), { changed: fieldNames(changes) }),
    })
  },
})

export const pause = statusCommand('pause', 'paused', 'Pause a company: nothing new starts in it')
export const resume = statusCommand('resume', 'active', 'Resume a paused company')
export const archive = statusCommand('archive', 'archived', 'Archive a company for good')

function statusCommand<Verb extends 'pause' | 'resume' | 'archive'>(verb: Verb, to: CompanyStatus, title: string) {
  return command({
    title,
    input: z.strictObject({ companyId: Id }),
    output: Company,
    access: { scope: 'companies:manage', company: 'company' },
    http: ['POST', `/companies/:companyId/${verb}`],
    async handle(context) {
      const company = await requireCompany(context)
      assertTransition(companyMachine, company.status, { to, verb })
      const emit = (next: CompanyTable) => context.emit('company.status_changed', ref(next), { from: company.status, to })
      return changeCompany(context, company, { changes: { status: to }, emit })
    },
  })
}

/** The company, which nobody begins anything in until this command is over. */
async function requireCompany(context: CommandContext): Promise<CompanyTable> {
  const company = await lockCompanyRow(context.tx, context.companyId)
  if (!company) throw notFound('company', context.companyId)
  return company
}

interface Change {
  readonly changes: Partial<CompanyTable>
  readonly emit: (next: CompanyTable) => void
}

async function changeCompany(context: CommandContext, company: CompanyTable, change: Change): Promise<Company> {
  const next = await updateCompany(context.tx, company, { ...change.changes, updated_at: context.now })
  if (!next) throw changedMeanwhile('company', company.id)
  change.emit(next)
  return toCompany(next)
}

function ref(company: CompanyTable) {
  return { type: 'company' as const, id: company.id, version: company.version }
}
