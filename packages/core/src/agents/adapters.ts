import { externalAdapterType, humanAdapterType, isExecuted } from '../kernel/adapters.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, ruleViolated } from '../kernel/errors.ts'
import { acceptWithReferences, findReferences, refuseElsewhere, refusePlain, type FoundReference } from '../secrets/references.ts'
import { ExecutionMode, type AgentDraft, type AgentFallbacks, type AgentProfiles } from './schema.ts'
import type { AgentTable } from './table.ts'

type Wish = Pick<AgentDraft, 'adapterType' | 'adapterConfig' | 'profiles' | 'fallbacks' | 'executionMode'>
type Undefinable<Fields> = { [Name in keyof Fields]: Fields[Name] | undefined }
type Columns = Pick<AgentTable, 'adapter_type' | 'adapter_config' | 'profiles' | 'fallbacks'>

/** How an agent is to be run, each configuration as its adapter accepts it; without `checksConfig` as it was written. */
export function adapterColumns(
  context: CommandContext,
  wish: Wish,
  given: { checksConfig: boolean },
): Columns & { execution_mode: ExecutionMode } {
  const { adapterType, adapterConfig = {}, profiles = {}, fallbacks = [] } = wish
  const executionMode = wish.executionMode ?? executionModesOf(adapterType)[0] ?? 'auto'
  refuseUnfitMode(adapterType, executionMode)
  const check: Check = given.checksConfig ? acceptedBy(context) : knownTo(context)
  return {
    execution_mode: executionMode,
    adapter_type: adapterType,
    adapter_config: JSON.stringify(check({ adapterType, adapterConfig }, 'adapterConfig')),
    profiles: JSON.stringify(checkProfiles(check, { adapterType, profiles })),
    fallbacks: JSON.stringify(checkFallbacks(check, fallbacks)),
  }
}

/** What a change of an agent does to how it is run. What it does not touch stays as it is, also when its adapter is no longer there. */
export function adapterChanges(context: CommandContext, agent: AgentTable, input: Partial<Undefinable<Wish>>): Partial<Columns> {
  const { adapterType = agent.adapter_type, executionMode = agent.execution_mode } = input
  refuseUnfitMode(adapterType, executionMode)
  const check = acceptedBy(context)
  const present: AgentProfiles = JSON.parse(agent.profiles)
  // A profile without an adapter of its own follows the agent to its new one.
  const follows = input.adapterType !== undefined && Object.values(present).some((profile) => profile && profile.adapterType === undefined)
  const profiles = input.profiles ?? (follows ? present : undefined)
  const isOwnNamed = input.adapterType !== undefined || input.adapterConfig !== undefined
  return {
    // Another adapter needs a configuration of its own; a lone configuration is checked by the present adapter.
    ...(isOwnNamed && {
      adapter_type: adapterType,
      adapter_config: JSON.stringify(check({ adapterType, adapterConfig: input.adapterConfig ?? {} }, 'adapterConfig')),
    }),
    ...(profiles && { profiles: JSON.stringify(checkProfiles(check, { adapterType, profiles })) }),
    ...(input.fallbacks && { fallbacks: JSON.stringify(checkFallbacks(check, input.fallbacks)) }),
  }
}

interface Choice {
  readonly adapterType: string
  readonly adapterConfig: unknown
}

/** Gives back a configuration as it is to be stored; `field` is what the caller calls it. */
type Check = (choice: Choice, field: string) => unknown

function acceptedBy(context: CommandContext): Check {
  return ({ adapterType, adapterConfig }, field) => {
    const { secretFields, alwaysSecret } = context.adapters.get(adapterType)
    refuseElsewhere(adapterConfig, field, secretFields)
    refusePlain(adapterConfig, field, alwaysSecret)
    return acceptWithReferences(adapterConfig, field, (config) => context.adapters.parseConfig(adapterType, config, field))
  }
}

/** The secrets that an agent's configurations name, each with its place. */
export function referencesOf(agent: Columns): FoundReference[] {
  return [
    ...findReferences(JSON.parse(agent.adapter_config), 'adapterConfig'),
    ...findReferences(JSON.parse(agent.profiles), 'profiles'),
    ...findReferences(JSON.parse(agent.fallbacks), 'fallbacks'),
  ]
}

function knownTo(context: CommandContext): Check {
  return ({ adapterType, adapterConfig }) => {
    context.adapters.get(adapterType)
    return adapterConfig
  }
}

function checkProfiles(check: Check, given: { adapterType: string; profiles: AgentProfiles }) {
  const checked = Object.entries(given.profiles).flatMap(([name, profile]) => {
    if (!profile) return []
    const choice = { adapterType: profile.adapterType ?? given.adapterType, adapterConfig: profile.adapterConfig }
    refuseStandIn(choice.adapterType, `profiles.${name}`)
    return [[name, { ...profile, adapterConfig: check(choice, `profiles.${name}.adapterConfig`) }]]
  })
  return Object.fromEntries(checked)
}

function checkFallbacks(check: Check, fallbacks: AgentFallbacks) {
  return fallbacks.map((choice, index) => {
    refuseStandIn(choice.adapterType, `fallbacks.${index}`)
    return { ...choice, adapterConfig: check(choice, `fallbacks.${index}.adapterConfig`) }
  })
}

/** Of what nothing executes, an agent is not of any mode; the usual one is first. */
const modesOfUnexecuted: ReadonlyMap<string, readonly ExecutionMode[]> = new Map([
  [humanAdapterType, ['human']],
  [externalAdapterType, ['polling', 'manual']],
])

/** Of which modes an agent of an adapter may be, the one first that it has when nobody says another. Pure. */
export function executionModesOf(adapterType: string): readonly ExecutionMode[] {
  return modesOfUnexecuted.get(adapterType) ?? ExecutionMode.options
}

/** The adapter that is named, or else the one that agents of this mode have who need none. @throws `invalid_input` */
export function requireAdapterType(wish: Partial<Undefinable<Pick<Wish, 'adapterType' | 'executionMode'>>>, path = 'adapterType'): string {
  const usual = [...modesOfUnexecuted].find(([, [mode]]) => mode === wish.executionMode)?.[0]
  const adapterType = wish.adapterType ?? usual
  if (adapterType !== undefined) return adapterType
  const message = 'is needed for every agent that is not of executionMode human or polling'
  throw new EngineError(kernelErrors.invalid_input, `Invalid input: ${path} ${message}.`, {
    details: { errors: [{ path, message }] },
  })
}

function refuseUnfitMode(adapterType: string, executionMode: ExecutionMode): void {
  const modes = executionModesOf(adapterType)
  if (modes.includes(executionMode)) return
  throw ruleViolated(
    `adapterType "${adapterType}" is for agents of executionMode ${modes.join(' or ')}. Name the adapter that is to run this one.`,
    { adapterType, executionMode },
  )
}

function refuseStandIn(adapterType: string, field: string): void {
  if (isExecuted(adapterType)) return
  throw ruleViolated(`${field}: nothing executes ${adapterType}, so it stands in for no other. Name an adapter that runs the agent.`, {
    adapterType,
    field,
  })
}
