import { neededBy, pick, whyUnable, type Candidate } from './candidates.ts'
import { unmetCondition, type RoutingTask } from './conditions.ts'
import type { RoutingRule, RoutingStep } from './schema.ts'

/** Everything that a decision depends on, as it stands. */
export interface RoutingFacts {
  /** Every agent of the company that is not terminated. */
  readonly candidates: readonly Candidate[]
  /** Those that are enabled, in the order in which they are asked. */
  readonly rules: readonly AskedRule[]
  readonly projectDefaultAgentId: string | null
  readonly companyDefaultAgentId: string | null
}

export type AskedRule = Pick<
  RoutingRule,
  'id' | 'name' | 'conditions' | 'targetAgentId' | 'targetCapability' | 'strategy' | 'fallbackAgentId' | 'lastAgentId'
>

/** One step of routing: whom it gives the task to, or why to nobody. */
interface Attempt {
  readonly step: RoutingStep
  readonly ruleId: string | null
  readonly agentId: string | null
  readonly note: string
  /** Whether it has to do with the task at all; a rule that does not fit has not. */
  readonly isTelling: boolean
  /** Whether an agent was chosen by turns, so that the next one's turn comes. */
  readonly takesTurn: boolean
}

export interface RoutingDecision {
  readonly agentId: string | null
  readonly step: RoutingStep
  readonly ruleId: string | null
  readonly reason: string
  readonly considered: { step: RoutingStep; ruleId: string | null; note: string }[]
  readonly takesTurn: boolean
}

/** How many of the steps that gave the task to nobody a reason names. */
const mostNamed = 5

/**
 * Decides who gets a task: the preferred agent, else the first rule that fits and has somebody, else the default agent of
 * the project, of the company, else the least busy agent with the required capabilities. Who is not at work or lacks a
 * required capability is passed over at each step. Pure; the answer always carries its reason.
 */
export function chooseAgent(task: RoutingTask, facts: RoutingFacts): RoutingDecision {
  const passed: Attempt[] = []
  for (const attempt of attempts(task, facts)) {
    if (attempt.agentId !== null) return toDecision(passed, attempt)
    passed.push(attempt)
  }
  return toDecision(passed, null)
}

function* attempts(task: RoutingTask, facts: RoutingFacts): Generator<Attempt> {
  const named = (step: RoutingStep, agentId: string | null, words: { is: string; the: string }) =>
    agentId === null ? [] : [attemptNamed(task, facts, { step, agentId, words })]
  yield* named('preferred', task.preferredAgentId, { is: 'is the preferred agent', the: 'the preferred agent' })
  let fitting = 0
  for (const rule of facts.rules) {
    const unmet = unmetCondition(rule.conditions, task)
    if (unmet === null) fitting += 1
    yield unmet === null ? attemptRule(task, facts, rule) : nobody({ step: 'rule', ruleId: rule.id, note: unfit(rule, unmet) }, false)
  }
  if (facts.rules.length > 0 && fitting === 0)
    yield nobody({ step: 'rule', ruleId: null, note: `none of ${facts.rules.length} rules fits` }, true)
  yield* named('project_default', facts.projectDefaultAgentId, {
    is: 'is the default agent of the project',
    the: "the project's default agent",
  })
  yield* named('company_default', facts.companyDefaultAgentId, {
    is: 'is the default agent of the company',
    the: "the company's default agent",
  })
  if (task.requiredCapabilities.length > 0) yield attemptCapabilities(task, facts)
}

function unfit(rule: AskedRule, unmet: string): string {
  return `the rule "${rule.name}" does not fit: the task ${unmet}`
}

function nobody(what: Pick<Attempt, 'step' | 'ruleId' | 'note'>, isTelling: boolean): Attempt {
  return { ...what, agentId: null, isTelling, takesTurn: false }
}

interface Named {
  readonly step: RoutingStep
  readonly agentId: string
  readonly words: { readonly is: string; readonly the: string }
}

function attemptNamed(task: RoutingTask, facts: RoutingFacts, { step, agentId, words }: Named): Attempt {
  const { agent, obstacle } = look(task, facts, agentId)
  if (obstacle !== null) return nobody({ step, ruleId: null, note: `${words.the} ${obstacle}` }, true)
  return { step, ruleId: null, agentId, note: `${agent.name} ${words.is}`, isTelling: true, takesTurn: false }
}

type Looked = { readonly agent: Candidate; readonly obstacle: null } | { readonly agent: null; readonly obstacle: string }

/** An agent that is named by its id, if it can take the task; otherwise what stands in the way. */
function look(task: RoutingTask, facts: RoutingFacts, agentId: string): Looked {
  const agent = facts.candidates.find((candidate) => candidate.id === agentId)
  if (!agent) return { agent: null, obstacle: `${agentId} is terminated` }
  const why = whyUnable(agent, neededBy(task))
  return why === null ? { agent, obstacle: null } : { agent: null, obstacle: `${agent.name} ${why}` }
}

function attemptRule(task: RoutingTask, facts: RoutingFacts, rule: AskedRule): Attempt {
  const about = { step: 'rule', ruleId: rule.id, isTelling: true } as const
  const { agent, note } = targetOf(task, facts, rule)
  const intro = `the rule "${rule.name}" fits`
  if (agent) return { ...about, agentId: agent.id, note: `${intro}: ${note}`, takesTurn: rule.strategy === 'round_robin' }
  if (rule.fallbackAgentId === null) return nobody({ ...about, note: `${intro}, but ${note}` }, true)
  const fallback = look(task, facts, rule.fallbackAgentId)
  if (fallback.obstacle !== null) return nobody({ ...about, note: `${intro}, but ${note} and its fallback ${fallback.obstacle}` }, true)
  const { id, name } = fallback.agent
  return { ...about, agentId: id, note: `${intro}, but ${note}, so its fallback ${name} takes the task`, takesTurn: false }
}

function targetOf(task: RoutingTask, facts: RoutingFacts, rule: AskedRule): { agent: Candidate | null; note: string } {
  if (rule.targetAgentId !== null) {
    const { agent, obstacle } = look(task, facts, rule.targetAgentId)
    return obstacle === null ? { agent, note: `${agent.name} is its agent` } : { agent: null, note: obstacle }
  }
  const needed = neededBy(task, rule.targetCapability)
  return pick(facts.candidates, { needed, strategy: rule.strategy ?? 'least_busy', lastAgentId: rule.lastAgentId })
}

function attemptCapabilities(task: RoutingTask, facts: RoutingFacts): Attempt {
  const { agent, note } = pick(facts.candidates, { needed: neededBy(task), strategy: 'least_busy', lastAgentId: null })
  return { step: 'capabilities', ruleId: null, agentId: agent?.id ?? null, note, isTelling: true, takesTurn: false }
}

function toDecision(passed: readonly Attempt[], chosen: Attempt | null): RoutingDecision {
  const told = passed.filter((attempt) => attempt.isTelling).map(({ note }) => note)
  const more = told.length > mostNamed ? [`${told.length - mostNamed} more had nobody`] : []
  const parts = [...told.slice(0, mostNamed), ...more, ...(chosen ? [chosen.note] : [])]
  return {
    agentId: chosen?.agentId ?? null,
    step: chosen?.step ?? 'unassigned',
    ruleId: chosen?.ruleId ?? null,
    reason: parts.length > 0 ? parts.join('; ') : 'no preferred agent, rule, default agent or required capability to choose by',
    considered: [...passed, ...(chosen ? [chosen] : [])].map(({ step, ruleId, note }) => ({ step, ruleId, note })),
    takesTurn: chosen?.takesTurn ?? false,
  }
}
