import { useState } from 'react'

import type { Adapter, Agent } from '@engine/core/contract'

import { FieldError } from '../../data/failure.ts'
import { fieldLabels } from '../../data/said.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { ChooseAgent } from '../../parts/choose.tsx'
import { ConfigFields } from '../../parts/config-fields.tsx'
import { fieldsOf, readConfig } from '../../parts/config.ts'
import type { Fields } from '../../parts/fields.ts'
import { Form, LongField, SelectField, TextField } from '../../parts/form.tsx'
import { limitOf } from '../budgets/amounts.ts'
import { LooksFields, readLooks } from './looks.tsx'

interface AgentFormProps {
  /** Who is changed; null for somebody new. */
  readonly agent: Agent | null
  /** The first one of a company is asked for no more than its work needs. */
  readonly isFirst?: boolean
  onDone?(agent: Agent): void
}

/** What an agent is, and how it is run. */
export function AgentForm({ agent, isFirst = false, onDone }: AgentFormProps) {
  const { companyId } = useEngine()
  const { adapters, adapter, choose } = useAdapters(agent)
  // As it was when the form was opened: a change since then is not overwritten.
  const [version] = useState(agent?.version)
  const done = onDone === undefined ? {} : { onDone }
  const create = useCommand('agents.create', done)
  const update = useCommand('agents.update', done)
  const looks = agent?.executionMode !== 'human' && mayLook(adapter)
  const submit = (fields: Fields) => {
    const said = {
      ...readWho(fields),
      ...(!isFirst && readPlace(fields)),
      ...(!isFirst && looks && readLooks(fields, agent?.schedule ?? null)),
    }
    const run = adapter && { adapterType: adapter.type, adapterConfig: readConfig(fieldsFor(adapter), fields) }
    // Who may not see a configuration does not write one either.
    if (agent && version !== undefined) update.run({ agentId: agent.id, version, ...said, ...(agent.adapterConfig !== null && run) })
    else create.run({ companyId, ...said, ...run })
  }
  return (
    <Form
      submit={agent ? 'Save' : 'Hire'}
      isRunning={create.isRunning || update.isRunning}
      error={create.error ?? update.error}
      onSubmit={submit}
    >
      <div className="eng-row eng-row-wrap">
        <TextField label="Name" name="name" required maxLength={200} defaultValue={agent?.name} autoComplete="off" />
        <TextField label="Role" name="role" required maxLength={200} placeholder="engineer" defaultValue={agent?.role} />
      </div>
      <LongField label="What it is told" name="instructions" defaultValue={agent?.instructions ?? ''} />
      {!isFirst && <PlaceOf agent={agent} adapter={adapter} />}
      {agent?.executionMode !== 'human' && <RunBy agent={agent} adapter={adapter} adapters={adapters} onChoose={choose} />}
    </Form>
  )
}

const fieldsFor = (adapter: Adapter) => fieldsOf(adapter.configSchema, adapter)

/** By what it can be run, and by what it is. */
function useAdapters(agent: Agent | null) {
  const { data } = useOperation('adapters.list', {})
  const [chosen, choose] = useState(agent?.adapterType ?? '')
  // A human is a colleague that nothing executes; who is asked to do work by a person has an adapter of its own.
  const all = (data?.items ?? []).filter(({ executionModes }) => executionModes[0] !== 'human')
  const executed = all.filter((each) => isExecuted(each))
  // What works without being told anything is the shortest way to a first result.
  const easiest = executed.find((each) => fieldsFor(each).every(({ isRequired }) => !isRequired)) ?? executed[0]
  const adapters = [...executed, ...all.filter((each) => !isExecuted(each))]
  return {
    adapters,
    adapter: adapters.find(({ type }) => type === chosen) ?? (agent ? undefined : (easiest ?? adapters[0])),
    choose,
  }
}

/** Whether Engine starts the agents of an adapter; the others come for their work. */
function isExecuted({ executionModes }: Adapter): boolean {
  return executionModes.includes('auto')
}

/** Whether agents of it look for work by a clock of Engine's; those of one that is not here may have. */
function mayLook(adapter: Adapter | undefined): boolean {
  return adapter === undefined || isExecuted(adapter)
}

const starts = [
  ['auto', 'By itself, when work is assigned'],
  ['manual', 'When somebody checks a task out for it'],
  ['polling', 'When it asks for work from outside'],
] as const

function readWho(fields: Fields) {
  return { name: fields.text('name'), role: fields.text('role'), instructions: fields.maybe('instructions') }
}

function readPlace(fields: Fields) {
  const mode = fields.text('mode')
  return {
    title: fields.maybe('title'),
    reportsTo: fields.maybe('manager'),
    capabilities: fields.words('capabilities'),
    maxConcurrentRuns: Number(fields.text('runs')),
    maxCostMicrosPerRun: readCap(fields),
    ...(mode !== '' && { executionMode: starts.find(([each]) => each === mode)?.[0] ?? 'auto' }),
  }
}

/** Micro-dollars; null for all that is free. */
function readCap(fields: Fields): number | null {
  const said = fields.text('maxCostMicrosPerRun')
  if (said === '') return null
  const cap = limitOf('micros', said)
  if (!cap) throw new FieldError('maxCostMicrosPerRun', 'Say how many dollars, such as 2.50, or leave it empty.')
  return cap
}

interface AgentAndAdapter {
  readonly agent: Agent | null
  /** Undefined where it is not here. */
  readonly adapter: Adapter | undefined
}

/** Where it stands among the others, and when it starts. */
function PlaceOf({ agent, adapter }: AgentAndAdapter) {
  return (
    <>
      <div className="eng-row eng-row-wrap">
        <TextField label="Title" name="title" maxLength={200} defaultValue={agent?.title ?? ''} />
        <ChooseAgent
          label="Reports to"
          name="manager"
          none="Nobody"
          value={agent?.reportsTo ?? null}
          {...(agent && { leaveOut: agent.id })}
        />
      </div>
      <div className="eng-row eng-row-wrap">
        <TextField label="Can do, with commas" name="capabilities" defaultValue={agent?.capabilities.join(', ')} />
        <TextField
          label={fieldLabels.maxConcurrentRuns}
          name="runs"
          type="number"
          min={1}
          max={50}
          required
          defaultValue={agent?.maxConcurrentRuns ?? 20}
        />
      </div>
      {agent?.executionMode !== 'human' && <StartsOf key={String(mayLook(adapter))} agent={agent} adapter={adapter} />}
    </>
  )
}

function StartsOf({ agent, adapter }: AgentAndAdapter) {
  const options = starts.filter(([mode]) => adapter?.executionModes.includes(mode) ?? true)
  const present = options.find(([mode]) => mode === agent?.executionMode)?.[0]
  const mode = <SelectField label="Starts" name="mode" defaultValue={present ?? adapter?.executionModes[0] ?? 'auto'} options={options} />
  return (
    <>
      <div className="eng-row eng-row-wrap">
        {mode}
        <TextField
          label={`${fieldLabels.maxCostMicrosPerRun}, US dollars`}
          name="maxCostMicrosPerRun"
          inputMode="decimal"
          defaultValue={typeof agent?.maxCostMicrosPerRun === 'number' ? agent.maxCostMicrosPerRun / 1_000_000 : ''}
          hint="Counts where a hard limit of money is over it. What tells its usage only at the end needs it there."
        />
      </div>
      {mayLook(adapter) && <LooksFields schedule={agent?.schedule ?? null} />}
    </>
  )
}

interface RunByProps extends AgentAndAdapter {
  readonly adapters: readonly Adapter[]
  onChoose(type: string): void
}

/** By what it is run, and what that has to know. */
function RunBy({ agent, adapter, adapters, onChoose }: RunByProps) {
  return (
    <>
      <SelectField
        label="Is run by"
        value={adapter?.type ?? ''}
        onChange={(event) => onChoose(event.target.value)}
        options={adapters.map(({ type, title }) => [type, title])}
        hint={adapter && hintOf(adapter)}
      />
      {adapter && agent?.adapterConfig !== null && (
        <ConfigFields
          path="adapterConfig"
          key={adapter.type}
          fields={fieldsFor(adapter)}
          config={agent?.adapterType === adapter.type ? agent.adapterConfig : {}}
        />
      )}
      {adapters.length > 0 && !adapters.some((each) => isExecuted(each)) && <NoAdapters />}
    </>
  )
}

function hintOf(adapter: Adapter): string {
  if (!isExecuted(adapter)) return 'A program or a chat client of yours that takes its work by a key: make it one under Members.'
  return `How far spending can pass a limit: ${adapter.overshoot}`
}

/** Where nothing runs agents, there are those that work elsewhere. */
function NoAdapters() {
  return (
    <div>
      <p className="eng-strong">This server has nothing that could run an agent</p>
      <p>
        Whoever runs it gives adapters to <code className="eng-mono">createEngine</code>, such as those of{' '}
        <code className="eng-mono">@engine/adapters</code>. A server that is started by <code className="eng-mono">engine serve</code> has
        all of them. People work without one: invite them under Members.
      </p>
    </div>
  )
}
