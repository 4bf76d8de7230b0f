import { useState } from 'react'

import type { Route } from '@engine/core/contract'

import type { OutputOf } from '../../data/operations.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm.tsx'
import { PlaceLink } from '../../parts/places.tsx'
import { Card, Facts, Json } from '../../parts/screen.tsx'
import { Detail } from '../../parts/split.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { AgentName } from '../../parts/who.tsx'
import { DeliveryTable } from '../deliveries/delivery-table.tsx'
import { RouteForm } from './route-form.tsx'

/** One route: what it sends where, whether that would arrive, and what it sent lately. */
export function RouteDetail({ route, onGone }: { route: Route; onGone(): void }) {
  const { id: routeId } = route
  const tell = useTell()
  const [isChanging, setIsChanging] = useState(false)
  const told = { onFailed: tell.failed }
  const test = useCommand('routes.test', told)
  const enable = useCommand('routes.enable', { ...told, onDone: ({ name }) => tell.done(`${name} sends again`) })
  const disable = useCommand('routes.disable', { ...told, onDone: ({ name }) => tell.done(`${name} is stopped; what waits is held`) })
  const remove = useCommand('routes.delete', { ...told, onDone: ({ name }) => (onGone(), tell.done(`${name} is deleted`)) })
  const tryIt = () => test.run({ routeId })
  useKeys({ t: ['routes.test', tryIt], e: ['routes.update', () => setIsChanging(true)] })
  return (
    <Detail
      title={route.name}
      actions={
        <>
          <Status of={route.isEnabled ? 'active' : 'paused'} />
          <Button does="routes.test" shortcut="t" disabled={test.isRunning} onClick={tryIt}>
            {test.isRunning ? 'Asking…' : 'Test'}
          </Button>
          <Button does="routes.update" shortcut="e" onClick={() => setIsChanging(true)}>
            Change
          </Button>
          {route.isEnabled ? (
            <Button does="routes.disable" disabled={disable.isRunning} onClick={() => disable.run({ routeId })}>
              Stop
            </Button>
          ) : (
            <Button does="routes.enable" disabled={enable.isRunning} onClick={() => enable.run({ routeId })}>
              Start
            </Button>
          )}
          <ConfirmButton
            does="routes.delete"
            act="Delete"
            title={`Delete ${route.name}`}
            isRunning={remove.isRunning}
            onAct={() => remove.run({ routeId })}
          >
            <p>What waits to be sent there is cancelled. What was sent can still be looked at.</p>
          </ConfirmButton>
        </>
      }
    >
      {test.output && <Tried result={test.output} />}
      <RouteFacts route={route} />
      <Sent route={route} />
      {isChanging && <RouteForm route={route} onClose={() => setIsChanging(false)} onSaved={() => undefined} />}
    </Detail>
  )
}

function RouteFacts({ route }: { route: Route }) {
  const { events, agentId, projectId, conditions, retry, digest } = route
  const { companyId } = useEngine()
  const { items: projects } = useList('projects.list', projectId === null ? null : { companyId })
  const project = projects.find(({ id }) => id === projectId)?.name ?? 'a project'
  return (
    <Facts
      of={[
        [
          'Events',
          <code key="events" className="eng-mono">
            {events.join(', ')}
          </code>,
        ],
        ['Of', agentId === null ? projectId === null ? 'the whole company' : project : <AgentName key="agent" id={agentId} />],
        ...(conditions.tagsAny ? [['Tagged', conditions.tagsAny.join(' or ')] as const] : []),
        ...(conditions.tagsAll ? [['With the tags', conditions.tagsAll.join(' and ')] as const] : []),
        ...(conditions.priority ? [['Priority', [conditions.priority].flat().join(' or ')] as const] : []),
        ...(conditions.agentId ? [['About', <AgentName key="about" id={conditions.agentId} />] as const] : []),
        ...(conditions.context ? [['With the context', <Json key="context" of={conditions.context} />] as const] : []),
        ['To', route.destinationType],
        ['Configuration', <Json key="config" of={route.config} />],
        ['Sends', <Sends key="sends" route={route} />],
        ['Tries', `${retry.maxAttempts} times, for ${Math.round(retry.maxAgeSec / 3_600)} h at most`],
        ...(digest ? [['Gathered', `${digest.expression} (${digest.timeZone})`] as const] : []),
        ['Since', <Time key="since" at={route.createdAt} />],
      ]}
    />
  )
}

function Sends({ route: { mapping, template } }: { route: Route }) {
  if (template)
    return (
      <>
        a text, {template.contentType}
        <pre className="eng-diff">{template.text}</pre>
      </>
    )
  if (!mapping) return 'the event as JSON'
  return (
    <>
      the event, with this in it
      <Json of={mapping} />
    </>
  )
}

/** What a receiver said when it was asked with the real secrets; no value of them is in it. */
function Tried({ result: { ok, checks } }: { result: OutputOf<'routes.test'> }) {
  return (
    <div className="eng-notice" data-tone={ok ? 'busy' : undefined} role="status">
      <p className="eng-strong">{ok ? 'It would arrive' : 'It would not arrive'}</p>
      {checks.map(({ name, status, message }) => (
        <p key={name} className="eng-row eng-row-wrap">
          <Status of={status} />
          <span className="eng-strong">{name}</span> {message}
        </p>
      ))}
    </div>
  )
}

function Sent({ route: { id: routeId, companyId } }: { route: Route }) {
  const { items, isRead } = useList('deliveries.list', { companyId, routeId, limit: 10 })
  const all = (
    <PlaceLink to={{ screen: 'deliveries' }} className="eng-link">
      All
    </PlaceLink>
  )
  if (items.length === 0) return isRead && <p className="eng-soft">Nothing was sent yet: what happens from now on goes there.</p>
  return (
    <Card title="Sent lately" aside={all}>
      <DeliveryTable deliveries={items.slice(0, 10)} />
    </Card>
  )
}
