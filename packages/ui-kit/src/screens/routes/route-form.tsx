import { useState } from 'react'

import type { Route } from '@engine/core/contract'

import type { ItemOf } from '../../data/operations.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, LongField, SelectField, TextField } from '../../parts/form.tsx'
import { ConfigFields } from '../../parts/config-fields.tsx'
import { fieldsOf, readConfig, variantOf, variantsOf, type ConfigField } from '../../parts/config.ts'
import { Read } from '../../parts/states.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { readRoute } from './read-route.ts'
import { Conditions, Pace, Saying } from './route-fields.tsx'

type DestinationItem = ItemOf<'destinations.list'>

interface RouteFormProps {
  /** The one that is changed; null for a new one. */
  readonly route: Route | null
  onClose(): void
  onSaved(route: Route): void
}

/** Which events go where: the destinations are those of the server, and ask for what their schema says. */
export function RouteForm(props: RouteFormProps) {
  const { companyId } = useEngine()
  const reading = useOperation('destinations.list', { companyId })
  const [chosen, setChosen] = useState(props.route?.destinationType ?? '')
  return (
    <Read of={reading}>
      {({ items }) => {
        const destination = items.find(({ type }) => type === chosen) ?? items[0]
        if (!destination) return <NoDestinations onClose={props.onClose} />
        return <Filled key={destination.type} {...props} destinations={items} destination={destination} onDestination={setChosen} />
      }}
    </Read>
  )
}

function NoDestinations({ onClose }: { onClose(): void }) {
  return (
    <Dialog title="New route" isOpen onClose={onClose}>
      <div className="eng-dialog-body">
        <p className="eng-strong">This server has nowhere to send to</p>
        <p>
          Whoever runs it gives destinations to <code className="eng-mono">createEngine</code>, such as those of{' '}
          <code className="eng-mono">@engine/deliveries</code>. A server that is started by <code className="eng-mono">engine serve</code>{' '}
          has all of them.
        </p>
      </div>
    </Dialog>
  )
}

interface FilledProps extends RouteFormProps {
  readonly destinations: readonly DestinationItem[]
  readonly destination: DestinationItem
  onDestination(type: string): void
}

function Filled({ route, onClose, onSaved, destinations, destination, onDestination }: FilledProps) {
  const config = route?.destinationType === destination.type ? route.config : {}
  const [shape, setShape] = useState(() => variantOf(destination.configSchema, config))
  const variants = variantsOf(destination.configSchema)
  const variant = variants.find(({ key }) => key === shape) ?? variants[0]
  const fields = variant ? fieldsOf(variant.schema, destination) : []
  const { send, isRunning, error } = useSaving({ route, type: destination.type, fields, onDone: (saved) => (onClose(), onSaved(saved)) })
  return (
    <DialogForm
      title={route ? 'Change the route' : 'New route'}
      isOpen
      onClose={onClose}
      submit={route ? 'Change it' : 'Create'}
      isRunning={isRunning}
      error={error}
      onSubmit={send}
    >
      <TextField label="Name" name="name" required maxLength={200} defaultValue={route?.name} />
      <LongField
        label="Events"
        hint="One a line: a type such as task.completed, all of one thing such as deliverable.*, or * for all."
        name="events"
        required
        defaultValue={route?.events.join('\n') ?? 'deliverable.approved'}
      />
      <Conditions route={route} />
      <div className="eng-row eng-row-wrap">
        <SelectField
          label="To"
          value={destination.type}
          onChange={({ target }) => onDestination(target.value)}
          options={destinations.map(({ type, title }) => [type, title])}
        />
        {variants.length > 1 && (
          <SelectField
            label="By"
            value={variant?.key}
            onChange={({ target }) => setShape(target.value)}
            options={variants.map(({ key }) => [key, key])}
          />
        )}
      </div>
      <ConfigFields key={`${destination.type} ${variant?.key}`} fields={fields} config={config} />
      <Saying route={route} />
      <Pace route={route} canGather={destination.digests} />
    </DialogForm>
  )
}

interface Saving {
  readonly route: Route | null
  readonly type: string
  readonly fields: readonly ConfigField[]
  onDone(route: Route): void
}

function useSaving({ route, type, fields, onDone }: Saving) {
  const { companyId } = useEngine()
  const tell = useTell()
  // As it was when the form was opened: a change since then is not overwritten.
  const [version] = useState(route?.version)
  const create = useCommand('routes.create', { onDone: (made) => (tell.done(`${made.name} is there`), onDone(made)) })
  const update = useCommand('routes.update', { onDone: (changed) => (tell.done(`${changed.name} is changed`), onDone(changed)) })
  const send = (written: Fields) => {
    const said = { ...readRoute(written), destinationType: type, config: readConfig(fields, written) }
    if (route && version !== undefined) update.run({ routeId: route.id, version, ...said })
    else create.run({ companyId, ...said })
  }
  return { send, isRunning: create.isRunning || update.isRunning, error: create.error ?? update.error }
}
