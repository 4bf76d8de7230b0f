// Every command of the engine with input that succeeds, so that a loop can go through all of them.
import { permissions, systemActor, type Engine } from '@engine/core'

import { accountInputs, sessionInputs } from './commands/accounts.ts'
import { budgetInputs } from './commands/budgets.ts'
import { inputsOfRun } from './commands/of-runs.ts'
import { interactionInputs } from './commands/interactions.ts'
import { nodeInputs, nodeKeyInputs } from './commands/nodes.ts'
import { organizationInputs } from './commands/organization.ts'
import { memberInputs, peopleInputs } from './commands/people.ts'
import { pluginInputs } from './commands/plugins.ts'
import { resultInputs } from './commands/results.ts'
import { routineInputs } from './commands/routines.ts'
import { routeInputs } from './commands/routes.ts'
import { runInputs } from './commands/runs.ts'
import { secretInputs } from './commands/secrets.ts'
import { agentInputs, taskInputs } from './commands/tasks.ts'
import { workerInputs } from './commands/workers.ts'
import type { Call, Input, Prepare, PrepareOwn, Preparation } from './commands/call.ts'
import { foundCompany, holdNewTask, type HeldTask } from './company.ts'

/** What the embedding program calls, with what has to be there before. Where a run could too, this one counts. */
const inputsOfProgram: Readonly<Record<string, Prepare>> = {
  ...organizationInputs,
  ...peopleInputs,
  ...accountInputs,
  ...taskInputs,
  ...runInputs,
  ...resultInputs,
  ...budgetInputs,
  ...routeInputs,
  ...routineInputs,
  ...pluginInputs,
  ...interactionInputs,
  ...secretInputs,
  ...workerInputs,
  ...nodeKeyInputs,
}

/** What only a person, an agent or a node calls. */
const inputsOfOthers: Readonly<Record<string, PrepareOwn>> = { ...memberInputs, ...sessionInputs, ...agentInputs, ...nodeInputs }

/** All commands of an engine. @throws when one of them has no input here, or an input no command */
export function commandNames(engine: Engine): string[] {
  const names = engine.registry.operations.flatMap(({ name, definition }) => (definition.kind === 'command' ? [name] : []))
  const known = [inputsOfProgram, inputsOfOthers, inputsOfRun].flatMap((inputs) => Object.keys(inputs))
  const odd = [...names.filter((name) => !known.includes(name)), ...known.filter((name) => !names.includes(name))]
  if (odd.length > 0) throw new Error(`the inputs in commands/ and the registry differ about ${odd.join(', ')}`)
  return names
}

/** Those that take no idempotency key, since nobody keeps their answer. */
export function answeredOnce(engine: Engine): string[] {
  return engine.registry.operations.flatMap(({ name, definition }) =>
    definition.kind === 'command' && definition.answersOnce !== undefined ? [name] : [],
  )
}

/** Makes a call of this command ready, in a company of its own. */
export async function prepareCall(operation: string, preparation: Preparation): Promise<Call> {
  const company = await foundCompany(preparation.engine, { agents: 2 })
  const scene = { ...preparation, ...company }
  const [prepare, prepareOwn] = [inputsOfProgram[operation], inputsOfOthers[operation]]
  if (prepare) return { operation, actor: systemActor, input: await prepare(scene) }
  if (prepareOwn) return { operation, ...(await prepareOwn(scene)) }
  const held = await holdNewTask(preparation.engine, company)
  return { operation, actor: held.actor, input: await inputOfRun(operation, held, preparation.engine) }
}

/** Every call by which a run changes something. @throws when there is a command for runs that has no input here */
export async function callsOfRun(engine: Engine, held: HeldTask): Promise<Call[]> {
  const allowed = engine.registry.operations.filter(
    ({ definition }) => definition.kind === 'command' && permissions[definition.access.scope].run !== 'never',
  )
  return Promise.all(allowed.map(async ({ name }) => ({ operation: name, actor: held.actor, input: await inputOfRun(name, held, engine) })))
}

async function inputOfRun(operation: string, held: HeldTask, engine: Engine): Promise<Input> {
  const inputOf = inputsOfRun[operation]
  if (!inputOf) throw new Error(`commands/of-runs.ts has no input for a run that calls ${operation}`)
  return inputOf(held, engine)
}
