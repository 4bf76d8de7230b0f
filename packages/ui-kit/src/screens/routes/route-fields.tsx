import { useState } from 'react'

import type { Route } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useList } from '../../data/use-operation.ts'
import { ChooseAgent } from '../../parts/choose.tsx'
import { ChoiceField, FieldGroup, LongField, MoreFields, SelectField, TextField, Tick } from '../../parts/form.tsx'
import { NextTimes } from '../../parts/next-times.tsx'
import { priorities } from '../tasks/moves.ts'
import { sayingOf, sayings } from './read-route.ts'

interface OfRoute {
  /** The one that is changed; null for a new one. */
  readonly route: Route | null
}

/** Which of the events it is about. */
export function Conditions({ route }: OfRoute) {
  const { tagsAny, tagsAll, priority = [], agentId, context } = route?.conditions ?? {}
  const isMore = tagsAll ?? agentId ?? context ?? (priority.length > 0 || undefined)
  return (
    <>
      <div className="eng-row eng-row-wrap">
        <Scope route={route} />
        <TextField
          label="and has one of these tags"
          name="conditions.tagsAny"
          placeholder="report, launch"
          defaultValue={tagsAny?.join(', ')}
        />
      </div>
      <MoreFields title="What else must hold of its task" isOpen={isMore !== undefined}>
        <TextField
          label="It has all of these tags"
          name="conditions.tagsAll"
          placeholder="report, approved"
          defaultValue={tagsAll?.join(', ')}
        />
        <FieldGroup title="Its priority is one of these">
          <div className="eng-row eng-row-wrap">
            {priorities.map((each) => (
              <Tick key={each} label={each} name="conditions.priority" value={each} isTicked={[priority].flat().includes(each)} />
            ))}
          </div>
        </FieldGroup>
        <ChooseAgent label="It is about this agent" name="conditions.agentId" none="any" value={agentId ?? null} />
        <LongField
          label="Its context has these values, as JSON"
          name="conditions.context"
          placeholder='{"customer": "acme"}'
          defaultValue={context && JSON.stringify(context, null, 2)}
        />
      </MoreFields>
    </>
  )
}

function Scope({ route }: OfRoute) {
  const { companyId } = useEngine()
  const { items: agents } = useList('agents.list', { companyId })
  const { items: projects } = useList('projects.list', { companyId })
  const now = route?.projectId ? `project ${route.projectId}` : route?.agentId ? `agent ${route.agentId}` : ''
  return (
    <ChoiceField
      label="Only what is about"
      name="scope"
      path={route?.projectId ? 'projectId' : 'agentId'}
      value={now}
      options={[
        ['', 'the whole company'],
        ...projects.map(({ id, name }) => [`project ${id}`, `project ${name}`] as const),
        ...agents.map(({ id, name }) => [`agent ${id}`, `agent ${name}`] as const),
      ]}
    />
  )
}

const says = {
  event: 'the event as JSON',
  mapping: 'the event, changed by a mapping',
  template: 'a text of your own',
} as const

const places = '{{type}}, {{occurredAt}}, {{data.task.identifier}} and {{data.task.title}} stand for values of the event.'

/** What the receiver gets of an event. */
export function Saying({ route }: OfRoute) {
  const [saying, setSaying] = useState(() => sayingOf(route))
  return (
    <FieldGroup title="What it sends">
      <SelectField
        label="Each time it sends"
        name="saying"
        value={saying}
        onChange={({ target }) => setSaying(sayings.find((each) => each === target.value) ?? 'event')}
        options={sayings.map((each) => [each, says[each]])}
      />
      {saying === 'mapping' && (
        <LongField
          label="Mapping, as JSON"
          name="mapping"
          required
          placeholder={'{\n  "title": "{{data.task.title}}",\n  "data": null\n}'}
          defaultValue={route?.mapping ? JSON.stringify(route.mapping, null, 2) : undefined}
          hint={`It is merged into the event: null takes a member away. ${places}`}
        />
      )}
      {saying === 'template' && (
        <>
          <LongField
            label="Text"
            name="template.text"
            required
            maxLength={65_536}
            placeholder="{{data.task.identifier}} is done: {{data.task.title}}"
            defaultValue={route?.template?.text}
            hint={`${places} What an event does not have is an error, and its delivery is parked.`}
          />
          <TextField
            label="Is of the type"
            name="template.contentType"
            required
            defaultValue={route?.template?.contentType ?? 'text/plain'}
            hint="text/plain, text/html, application/json: values are escaped as it needs."
          />
        </>
      )}
    </FieldGroup>
  )
}

const standard = { maxAttempts: 8, maxAgeSec: 86_400, baseSec: 60, capSec: 21_600 }

/** When it is sent, and how often it is tried. */
export function Pace({ route, canGather }: OfRoute & { canGather: boolean }) {
  const { maxAttempts, maxAgeSec, baseSec, capSec } = route?.retry ?? standard
  return (
    <MoreFields title="When it is sent, and how often it is tried" isOpen={Boolean(route?.digest)}>
      {canGather && <Digest route={route} />}
      <div className="eng-row eng-row-wrap">
        <TextField label="Tries" name="retry.maxAttempts" type="number" min={1} max={50} required defaultValue={maxAttempts} />
        <TextField
          label="Given up after, in seconds"
          name="retry.maxAgeSec"
          type="number"
          min={1}
          max={604_800}
          required
          defaultValue={maxAgeSec}
        />
      </div>
      <div className="eng-row eng-row-wrap">
        <TextField
          label="First wait, in seconds"
          name="retry.baseSec"
          type="number"
          step="any"
          min={0}
          max={86_400}
          required
          defaultValue={baseSec}
          hint="It doubles with each try."
        />
        <TextField
          label="Longest wait, in seconds"
          name="retry.capSec"
          type="number"
          step="any"
          min={0}
          max={86_400}
          required
          defaultValue={capSec}
        />
      </div>
    </MoreFields>
  )
}

function Digest({ route }: OfRoute) {
  const [expression, setExpression] = useState(route?.digest?.expression ?? '')
  const [timeZone, setTimeZone] = useState(route?.digest?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone)
  return (
    <>
      <div className="eng-row eng-row-wrap">
        <TextField
          label="Gathered, and sent together at"
          name="digest.expression"
          path="expression"
          placeholder="0 8 * * 1-5"
          value={expression}
          onChange={({ target }) => setExpression(target.value)}
          hint="Minute, hour, day of the month, month, day of the week. Empty: each by itself, at once."
        />
        <TextField
          label="Time zone"
          name="digest.timeZone"
          path="timeZone"
          value={timeZone}
          onChange={({ target }) => setTimeZone(target.value)}
        />
      </div>
      <NextTimes expression={expression} timeZone={timeZone} />
    </>
  )
}
