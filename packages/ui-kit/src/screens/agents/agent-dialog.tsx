import { useState } from 'react'

import type { Adapter, Agent } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { ChooseAgent } from '../../parts/choose.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, LongField, SelectField, TextField } from '../../parts/form.tsx'
import { ConfigFields } from './config-fields.tsx'
import { readConfig } from './config.ts'

interface AgentDialogProps {
  /** Who is changed; null for somebody new. */
  readonly agent: Agent | null
  readonly isOpen: boolean
  onClose(): void
  onDone?(agent: Agent): void
}

/** Hires an agent, or changes what one is and how it is run. */
export function AgentDialog({ agent, isOpen, onClose, onDone }: AgentDialogProps) {
  return (
    <Dialog title={agent ? `Change ${agent.name}` : 'Hire an agent'} isOpen={isOpen} onClose={onClose}>
      <AgentForm
        agent={agent}
        onDone={(next) => {
          onClose()
          onDone?.(next)
        }}
      />
    </Dialog>
  )
}

const starts = [
  ['auto', 'By itself, when work is assigned'],
  ['manual', 'When somebody checks a task out for it'],
  ['polling', 'When it asks for work from outside'],
] as const

function read(fields: Fields) {
  return {
    name: fields.text('name'),
    role: fields.text('role'),
    title: fields.maybe('title'),
    reportsTo: fields.maybe('manager'),
    instructions: fields.maybe('instructions'),
    capabilities: fields
      .text('capabilities')
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean),
    maxConcurrentRuns: Number(fields.text('runs')),
    ...(fields.text('mode') !== '' && { executionMode: starts.find(([mode]) => mode === fields.text('mode'))?.[0] ?? 'auto' }),
  }
}

function AgentForm({ agent, onDone }: { agent: Agent | null; onDone(agent: Agent): void }) {
  const { companyId } = useEngine()
  const { data } = useOperation('adapters.list', {})
  const adapters = (data?.items ?? []).filter(({ type }) => type !== 'human')
  const [chosen, setChosen] = useState(agent?.adapterType ?? '')
  const [slip, setSlip] = useState<unknown>(null)
  // As it was when the form was opened: a change since then is not overwritten.
  const [version] = useState(agent?.version)
  const create = useCommand('agents.create', { onDone })
  const update = useCommand('agents.update', { onDone })
  const adapter = adapters.find(({ type }) => type === chosen) ?? (agent ? undefined : adapters[0])
  const submit = (fields: Fields) => {
    setSlip(null)
    try {
      const adapterConfig = adapter ? readConfig(adapter.configSchema, fields) : {}
      const run = adapter && { adapterType: adapter.type, adapterConfig }
      // Who may not see a configuration does not write one either.
      if (agent && version !== undefined)
        update.run({ agentId: agent.id, version, ...read(fields), ...(agent.adapterConfig !== null && run) })
      else create.run({ companyId, ...read(fields), ...run })
    } catch (error) {
      setSlip(error)
    }
  }
  return (
    <Form
      submit={agent ? 'Save' : 'Hire'}
      isRunning={create.isRunning || update.isRunning}
      error={slip ?? create.error ?? update.error}
      onSubmit={submit}
    >
      <Profile agent={agent} />
      {agent?.executionMode !== 'human' && <RunBy agent={agent} adapter={adapter} adapters={adapters} onChoose={setChosen} />}
    </Form>
  )
}

interface RunByProps {
  readonly agent: Agent | null
  readonly adapter: Adapter | undefined
  readonly adapters: readonly Adapter[]
  onChoose(type: string): void
}

/** When it starts, and by what it is run. */
function RunBy({ agent, adapter, adapters, onChoose }: RunByProps) {
  return (
    <>
      <SelectField label="Starts" name="mode" defaultValue={agent?.executionMode ?? 'auto'} options={starts} />
      <SelectField
        label="Is run by"
        value={adapter?.type ?? ''}
        onChange={(event) => onChoose(event.target.value)}
        options={adapters.map(({ type, title }) => [type, title] as const)}
      />
      {adapter && agent?.adapterConfig !== null && (
        <ConfigFields
          key={adapter.type}
          schema={adapter.configSchema}
          config={agent?.adapterType === adapter.type ? agent.adapterConfig : {}}
        />
      )}
    </>
  )
}

function Profile({ agent }: { agent: Agent | null }) {
  return (
    <>
      <div className="eng-row eng-row-wrap">
        <TextField label="Name" name="name" required maxLength={200} defaultValue={agent?.name} />
        <TextField label="Role" name="role" required maxLength={200} placeholder="engineer" defaultValue={agent?.role} />
      </div>
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
      <LongField label="What it is told" name="instructions" defaultValue={agent?.instructions ?? ''} />
      <div className="eng-row eng-row-wrap">
        <TextField label="Can do, with commas" name="capabilities" defaultValue={agent?.capabilities.join(', ')} />
        <TextField label="Runs at once" name="runs" type="number" min={1} max={50} required defaultValue={agent?.maxConcurrentRuns ?? 20} />
      </div>
    </>
  )
}
