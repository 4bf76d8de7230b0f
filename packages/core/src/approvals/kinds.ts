import { approveOverride, keepPaused } from '../budgets/override.ts'
import { assertMay } from '../kernel/authorize.ts'
import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { parseInput } from '../kernel/input.ts'
import type { JsonObject } from '../kernel/json.ts'
import { approveInstall, dismissInstall } from '../plugins/change.ts'
import { insertApproval } from './change.ts'
import { approveHire, dismissDraft, registerDraft, requestHire, rewriteDraft } from './hire.ts'
import { StrategyPayload, type ApprovalType } from './schema.ts'
import { openStrategyGate } from './strategy.ts'
import type { ApprovalTable } from './table.ts'

interface Asked {
  readonly type: ApprovalType
  readonly subject: string | undefined
  readonly payload: JsonObject
  readonly reason: string | null
  readonly taskId: string | null
}

/** What the decider adds to an approval. */
interface Terms {
  readonly adapterConfig?: JsonObject | undefined
  readonly createKey?: boolean | undefined
  readonly limit?: number | undefined
}

/** What one type of approval means: each function is part of the transaction of its verb. */
interface Kind {
  /** Whether somebody could send another payload when asked for one; Engine itself sends none. */
  readonly isRevisable: boolean
  /** @throws `forbidden` for who may decide others, but not these */
  assertMayDecide(context: CommandContext): void
  request(context: CommandContext, asked: Asked): Promise<ApprovalTable>
  /** @returns the payload that is kept */
  resubmit(context: CommandContext, row: ApprovalTable, payload: JsonObject): Promise<JsonObject>
  /** @returns the key that the approval created, if any */
  approve(context: CommandContext, row: ApprovalTable, terms: Terms): Promise<string | null>
  /** After a rejection or a cancellation. */
  dismiss(context: CommandContext, row: ApprovalTable): Promise<void>
}

const hire: Kind = {
  isRevisable: true,
  // Reviewers decide about work, not about who works here.
  assertMayDecide: (context) => assertMay(context, 'agents:manage'),
  async request(context, asked) {
    refuseSubject(asked)
    return requestHire(context, await registerDraft(context, asked.payload), { reason: asked.reason, taskId: asked.taskId })
  },
  resubmit: rewriteDraft,
  approve: (context, row, terms) => approveHire(context, row, { adapterConfig: terms.adapterConfig, createKey: terms.createKey ?? false }),
  dismiss: (context, row) => dismissDraft(context, row, `hire_${row.status}`),
}

const plain: Kind = {
  isRevisable: true,
  assertMayDecide: () => undefined,
  async request(context, asked) {
    const { subject } = asked
    if (subject === undefined) throw ruleViolated('Say in `subject` what it is about, in a few words that name no other request.')
    return insertApproval(context, { ...asked, subject, agentId: null })
  },
  resubmit: async (_context, _row, payload) => payload,
  async approve(_context, row, terms) {
    if (terms.limit !== undefined)
      throw ruleViolated(`limit is for requests of type budget_override; this is of type ${row.type}. Leave it out.`)
    if (terms.adapterConfig === undefined && terms.createKey === undefined) return null
    throw ruleViolated(`adapterConfig and createKey are for hires; this is of type ${row.type}. Leave them out.`)
  },
  dismiss: async () => undefined,
}

const strategy: Kind = {
  ...plain,
  async request(context, asked) {
    refuseSubject(asked)
    parseInput(StrategyPayload, asked.payload, 'payload')
    return insertApproval(context, { ...asked, subject: 'company', agentId: null })
  },
  async resubmit(_context, _row, payload) {
    parseInput(StrategyPayload, payload, 'payload')
    return payload
  },
  async approve(context, row, terms) {
    await plain.approve(context, row, terms)
    await openStrategyGate(context, row.id)
    return null
  },
}

/** Types that Engine itself asks for, when a budget is reached or a plugin is to be installed. */
const own: Kind = {
  ...plain,
  isRevisable: false,
  async request(_context, { type }) {
    throw ruleViolated(`Engine itself makes requests of type ${type}. Ask for what you need with type "custom".`, { type })
  },
}

const override: Kind = {
  ...own,
  assertMayDecide(context) {
    assertMay(context, 'budgets:manage')
  },
  async resubmit() {
    throw ruleViolated('Engine itself made this request. Approve it with the limit that you allow, or reject it.')
  },
  async approve(context, row, { limit, ...terms }) {
    await plain.approve(context, row, terms)
    await approveOverride(context, row.payload, limit)
    return null
  },
  dismiss: (context, row) => keepPaused(context, row.payload),
}

const pluginInstall: Kind = {
  ...own,
  assertMayDecide(context) {
    assertMay(context, 'plugins:manage')
  },
  async resubmit() {
    throw ruleViolated('Engine itself made this request. Cancel it, and install the plugin again.')
  },
  async approve(context, row, terms) {
    await plain.approve(context, row, terms)
    await approveInstall(context, JSON.parse(row.payload), row.subject)
    return null
  },
  dismiss: (context, row) => dismissInstall(context, row.subject),
}

export const kinds: Readonly<Record<ApprovalType, Kind>> = {
  hire_agent: hire,
  strategy,
  budget_override: override,
  plugin_install: pluginInstall,
  custom: plain,
}

function refuseSubject({ type, subject }: Asked): void {
  if (subject !== undefined) throw ruleViolated(`A request of type ${type} says by itself what it is about; leave subject out.`)
}
