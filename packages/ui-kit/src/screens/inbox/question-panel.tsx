import type { Interaction } from '@engine/core/contract'

import { takeOff } from '../../data/optimistic.ts'
import { useCommand, useOperation, type Command } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { PlaceLink } from '../../parts/places.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Json } from '../../parts/screen.tsx'
import { Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { Who } from '../../parts/who.tsx'
import { useChosen } from '../../parts/use-chosen.ts'
import { useKeys } from '../../parts/use-keys.ts'
import { Decision, type Verdict } from './decision.tsx'

/** What a person is asked, and the ways to answer it. */
export function QuestionPanel({ interactionId }: { interactionId: string }) {
  const reading = useOperation('interactions.get', { interactionId })
  return <Read of={reading}>{(interaction) => <Shown interaction={interaction} />}</Read>
}

function Shown({ interaction }: { interaction: Interaction }) {
  const { ask, askedBy, status } = interaction
  return (
    <>
      <article className="eng-pad eng-stack">
        <div className="eng-row eng-row-wrap">
          <Status of={status} />
          <Who kind={askedBy.kind} id={askedBy.id} />
          <Time at={interaction.createdAt} />
          <PlaceLink to={{ screen: 'task', taskId: interaction.taskId }} className="eng-soft">
            its task
          </PlaceLink>
        </div>
        {interaction.waits && status === 'pending' && <p className="eng-soft">Work stands still until it is answered.</p>}
        <Prose text={ask.prompt} />
        {ask.kind === 'confirmation' && ask.details !== undefined && <Prose text={ask.details} />}
        {interaction.answer && <Json of={interaction.answer} />}
      </article>
      {status === 'pending' && <Answer interaction={interaction} />}
    </>
  )
}

function Answer({ interaction }: { interaction: Interaction }) {
  const { ask, id } = interaction
  const tell = useTell()
  const options = { optimistic: leave, onFailed: tell.failed, onDone: () => tell.done('Answered') }
  const answer = useCommand('interactions.answer', options)
  const accept = useCommand('interactions.accept', options)
  const reject = useCommand('interactions.reject', options)
  if (ask.kind === 'question') return <Choices interaction={interaction} ask={ask} answer={answer} />
  if (ask.kind === 'checkboxes' || ask.kind === 'verdicts') return <Items interaction={interaction} ask={ask} answer={answer} />
  const verdicts: Verdict[] = [
    {
      key: 'a',
      does: 'interactions.accept',
      label: ask.kind === 'confirmation' ? 'Yes, go on' : 'Create these tasks',
      look: 'strong',
      note: null,
      decide: () => accept.run({ interactionId: id }),
    },
    {
      key: 'x',
      does: 'interactions.reject',
      label: 'No',
      look: 'bad',
      note: { label: 'Why not?', isRequired: false },
      decide: (reason) => reject.run({ interactionId: id, ...(reason !== undefined && { reason }) }),
    },
  ]
  return (
    <>
      {ask.kind === 'suggested_tasks' && <Suggested ask={ask} />}
      <Decision verdicts={verdicts} isRunning={accept.isRunning || reject.isRunning} />
    </>
  )
}

const leave = (queries: Parameters<typeof takeOff>[0], { interactionId }: { interactionId: string }) =>
  takeOff(queries, 'interactions.list', interactionId)

type Ask<Kind extends string> = Extract<Interaction['ask'], { kind: Kind }>
type AnswerCommand = Command<'interactions.answer'>

function Suggested({ ask }: { ask: Ask<'suggested_tasks'> }) {
  return (
    <ol className="eng-pad eng-stack">
      {ask.tasks.map((task) => (
        <li key={task.key} className="eng-card eng-card-body">
          <p className="eng-strong">{task.title}</p>
          {task.description !== undefined && <Prose text={task.description} />}
        </li>
      ))}
    </ol>
  )
}

function Choices({ interaction, ask, answer }: { interaction: Interaction; ask: Ask<'question'>; answer: AnswerCommand }) {
  const { choices = [], allowsText = true } = ask
  const choose = (choice: string) => answer.run({ interactionId: interaction.id, choice })
  useKeys(
    Object.fromEntries(choices.slice(0, 9).map(({ key }, at) => [String(at + 1), ['interactions.answer', () => choose(key)] as const])),
  )
  const inWords: Verdict = {
    key: 'r',
    does: 'interactions.answer',
    label: 'Answer in words',
    ...(choices.length === 0 && { look: 'strong' as const }),
    note: { label: 'Your answer', isRequired: true },
    decide: (text = '') => answer.run({ interactionId: interaction.id, text }),
  }
  return (
    <>
      <div className="eng-pad eng-row eng-row-wrap">
        {choices.map(({ key, label }, at) => (
          <Button
            does="interactions.answer"
            key={key}
            disabled={answer.isRunning}
            onClick={() => choose(key)}
            {...(at < 9 && { shortcut: String(at + 1) })}
          >
            {label}
          </Button>
        ))}
      </div>
      {allowsText && <Decision verdicts={[inWords]} isRunning={answer.isRunning} />}
    </>
  )
}

function Items({
  interaction,
  ask,
  answer,
}: {
  interaction: Interaction
  ask: Ask<'checkboxes'> | Ask<'verdicts'>
  answer: AnswerCommand
}) {
  const { chosen: checked, toggle } = useChosen()
  const given =
    ask.kind === 'checkboxes'
      ? { checked: [...checked] }
      : { verdicts: ask.items.map(({ key }) => ({ key, verdict: checked.has(key) ? ('approve' as const) : ('reject' as const) })) }
  const send: Verdict = {
    key: 'a',
    does: 'interactions.answer',
    label: 'Send',
    look: 'strong',
    note: null,
    decide: () => answer.run({ interactionId: interaction.id, ...given }),
  }
  return (
    <>
      <fieldset className="eng-items eng-pad eng-stack">
        <legend className="eng-hidden">{ask.prompt}</legend>
        {ask.items.map(({ key, label }) => (
          <label key={key} className="eng-row">
            <input type="checkbox" className="eng-check" checked={checked.has(key)} onChange={() => toggle(key)} />
            {label}
          </label>
        ))}
        {ask.kind === 'verdicts' && <p className="eng-soft">What is checked is approved, the rest rejected.</p>}
      </fieldset>
      <Decision verdicts={[send]} isRunning={answer.isRunning} />
    </>
  )
}
