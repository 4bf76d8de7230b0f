import { useState } from 'react'

import type { Route } from '@engine/core/contract'

import type { ItemOf } from '../../data/operations.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { DialogForm, Field, linesOf, textOf } from '../../parts/dialog-form.tsx'
import { SchemaFields } from '../../parts/schema-fields.tsx'
import { fieldsOf, readFields, variantOf, variantsOf, type SchemaField } from '../../parts/schema.ts'
import { Read } from '../../parts/states.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { asScope } from './scope.ts'

type DestinationItem = ItemOf<'destinations.list'>

interface RouteFormProps {
  /** The one that is changed; null for a new one. */
  readonly route: Route | null
  readonly isOpen: boolean
  onClose(): void
  onSaved(route: Route): void
}

/** Which events go where: the destinations are those of the server, and ask for what their schema says. */
export function RouteForm(props: RouteFormProps) {
  const { companyId } = useEngine()
  const reading = useOperation('destinations.list', { companyId })
  const [chosen, setChosen] = useState(props.route?.destinationType ?? '')
  if (!props.isOpen) return null
  return (
    <Read of={reading}>
      {({ items }) => {
        const destination = items.find(({ type }) => type === chosen) ?? items[0]
        if (!destination) return <p className="eng-pad">This server has no destinations. Start it with some.</p>
        return <Filled key={destination.type} {...props} destinations={items} destination={destination} onDestination={setChosen} />
      }}
    </Read>
  )
}

interface FilledProps extends RouteFormProps {
  readonly destinations: readonly DestinationItem[]
  readonly destination: DestinationItem
  onDestination(type: string): void
}

function Filled({ route, isOpen, onClose, onSaved, destinations, destination, onDestination }: FilledProps) {
  const config = route?.destinationType === destination.type ? route.config : {}
  const [shape, setShape] = useState(() => variantOf(destination.configSchema, config))
  const variants = variantsOf(destination.configSchema)
  const variant = variants.find(({ key }) => key === shape) ?? variants[0]
  const fields = variant ? fieldsOf(variant.schema, destination) : []
  const { send, isRunning, error } = useSaving({ route, type: destination.type, fields, onDone: (saved) => (onClose(), onSaved(saved)) })
  return (
    <DialogForm
      title={route ? 'Change the route' : 'New route'}
      isOpen={isOpen}
      onClose={onClose}
      action={route ? 'Change it' : 'Create'}
      isRunning={isRunning}
      error={error}
      onSubmit={send}
    >
      <Field label="Name">
        <input className="eng-input" name="name" required maxLength={200} defaultValue={route?.name} />
      </Field>
      <Field label="Events" hint="One a line: a type such as task.completed, all of one thing such as deliverable.*, or * for all.">
        <textarea className="eng-input eng-mono" name="events" required defaultValue={route?.events.join('\n') ?? 'deliverable.approved'} />
      </Field>
      <Scope route={route} />
      <div className="eng-row eng-row-wrap">
        <Field label="To">
          <select className="eng-input" value={destination.type} onChange={({ target }) => onDestination(target.value)}>
            {destinations.map(({ type, title }) => (
              <option key={type} value={type}>
                {title}
              </option>
            ))}
          </select>
        </Field>
        {variants.length > 1 && (
          <Field label="By">
            <select className="eng-input" value={variant?.key} onChange={({ target }) => setShape(target.value)}>
              {variants.map(({ key }) => (
                <option key={key}>{key}</option>
              ))}
            </select>
          </Field>
        )}
      </div>
      <SchemaFields key={`${destination.type} ${variant?.key}`} fields={fields} config={config} />
    </DialogForm>
  )
}

function Scope({ route }: { route: Route | null }) {
  const { companyId } = useEngine()
  const { items: agents } = useList('agents.list', { companyId })
  const { items: projects } = useList('projects.list', { companyId })
  const now = route?.projectId ? `project ${route.projectId}` : route?.agentId ? `agent ${route.agentId}` : ''
  return (
    <div className="eng-row eng-row-wrap">
      <Field label="Only what is about">
        <select key={agents.length + projects.length} className="eng-input" name="scope" defaultValue={now}>
          <option value="">the whole company</option>
          {projects.map(({ id, name }) => (
            <option key={id} value={`project ${id}`}>
              project {name}
            </option>
          ))}
          {agents.map(({ id, name }) => (
            <option key={id} value={`agent ${id}`}>
              agent {name}
            </option>
          ))}
        </select>
      </Field>
      <Field label="and has one of these tags">
        <input className="eng-input" name="tags" placeholder="report, launch" defaultValue={route?.conditions.tagsAny?.join(', ')} />
      </Field>
    </div>
  )
}

interface Saving {
  readonly route: Route | null
  readonly type: string
  readonly fields: readonly SchemaField[]
  onDone(route: Route): void
}

function useSaving({ route, type, fields, onDone }: Saving) {
  const { companyId } = useEngine()
  const tell = useTell()
  const [problem, setProblem] = useState<unknown>(null)
  const create = useCommand('routes.create', { onDone: (made) => (tell.done(`${made.name} is there`), onDone(made)) })
  const update = useCommand('routes.update', { onDone: (changed) => (tell.done(`${changed.name} is changed`), onDone(changed)) })
  const send = (form: FormData) => {
    try {
      const said = { ...readRoute(form, route), destinationType: type, config: readFields(fields, form) }
      setProblem(null)
      if (route) update.run({ routeId: route.id, version: route.version, ...said })
      else create.run({ companyId, ...said })
    } catch (error) {
      setProblem(error)
    }
  }
  return { send, isRunning: create.isRunning || update.isRunning, error: problem ?? create.error ?? update.error }
}

function readRoute(form: FormData, route: Route | null) {
  const tagsAny = textOf(form, 'tags')
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean)
  const { tagsAny: _before, ...others } = route?.conditions ?? {}
  return {
    name: textOf(form, 'name'),
    events: linesOf(form, 'events'),
    ...asScope(textOf(form, 'scope')),
    conditions: { ...others, ...(tagsAny.length > 0 && { tagsAny }) },
  }
}
