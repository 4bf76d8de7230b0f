import { Circle, CircleCheck, CircleDot } from 'lucide-react'
import { useEffect, useState } from 'react'

import type { Task } from '@engine/core/contract'

import { useAgents, useRuns, useTasks } from '../../data/hooks.ts'
import { useEngine, useMay } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, LongField, SelectField, TextField } from '../../parts/form.tsx'
import { PlaceLink } from '../../parts/places.tsx'
import { Said } from '../../parts/said.tsx'
import { Card } from '../../parts/screen.tsx'
import { Status } from '../../parts/status.tsx'
import { AgentForm } from '../agents/agent-form.tsx'
import { QuestionPanel } from '../inbox/question-panel.tsx'
import { ReviewPanel } from '../inbox/review-panel.tsx'
import { canGoOn, NextStep, RunAgain } from '../run/next-step.tsx'
import { isBeginning, stepOf, type Step } from './steps.ts'

const titles: readonly (readonly [Step, string])[] = [
  ['hire', 'Hire an agent'],
  ['task', 'Say what must be done'],
  ['watch', 'Watch it, and decide'],
  ['finished', 'It is done'],
]

/** From a company without anybody to its first finished task, all of it here. */
export function FirstSteps({ tasks, done }: { tasks: number; done: number }) {
  const { companyId } = useEngine()
  const may = useMay()
  const { items, isLoading } = useAgents()
  const [isDismissed, setIsDismissed] = useState(() => localStorage.getItem(keyOf(companyId)) !== null)
  const beginning = { agents: items.filter(isAgent).length, tasks, done }
  // Who sees the first task end here is told so; a company that was done with it before is not.
  const [isSeen, setIsSeen] = useState(false)
  const isNow = isBeginning(beginning)
  useEffect(() => setIsSeen((was) => was || isNow), [isNow])
  if (isDismissed || isLoading || (!isNow && !(isSeen && done > 0))) return null
  const step = stepOf(beginning)
  if ((step === 'hire' && !may('agents.create')) || (step === 'task' && !may('tasks.create'))) return null
  const dismiss = () => {
    localStorage.setItem(keyOf(companyId), 'yes')
    setIsDismissed(true)
  }
  return (
    <Card
      title="First steps"
      aside={
        <Button look="plain" onClick={dismiss}>
          {step === 'finished' ? 'Close' : 'I know the way'}
        </Button>
      }
    >
      <ol className="eng-steps" aria-label="First steps">
        {titles.map(([each, title], at) => (
          <li key={each} className="eng-step" aria-current={each === step ? 'step' : undefined}>
            <Mark isOver={step === 'finished' || at < titles.findIndex(([name]) => name === step)} isNow={each === step} />
            <span>{title}</span>
          </li>
        ))}
      </ol>
      <div className="eng-card-body">
        {step === 'hire' && <AgentForm agent={null} isFirst />}
        {step === 'task' && <FirstTask />}
        {step === 'watch' && <Watch />}
        {step === 'finished' && <Finished />}
      </div>
    </Card>
  )
}

function keyOf(companyId: string): string {
  return `engine.first-steps.${companyId}`
}

function isAgent({ executionMode, status }: { executionMode: string; status: string }): boolean {
  return executionMode !== 'human' && status !== 'terminated'
}

function Mark({ isOver, isNow }: { isOver: boolean; isNow: boolean }) {
  const Icon = isOver ? CircleCheck : isNow ? CircleDot : Circle
  return <Icon size={15} aria-hidden />
}

function FirstTask() {
  const { companyId } = useEngine()
  const { items } = useAgents()
  const agents = items.filter(isAgent)
  const create = useCommand('tasks.create')
  const send = (fields: Fields) => {
    const description = fields.text('description')
    create.run({
      companyId,
      title: fields.text('title'),
      assigneeAgentId: fields.text('agent'),
      ...(description !== '' && { description }),
    })
  }
  return (
    <Form submit="Give it out" isRunning={create.isRunning} error={create.error} onSubmit={send}>
      <TextField label="What must be done" name="title" required maxLength={500} placeholder="Write a welcome for new customers" />
      <LongField label="All that has to be known, in Markdown" name="description" />
      <SelectField label="Who does it" name="agent" options={agents.map(({ id, name, role }) => [id, `${name}, ${role}`])} />
    </Form>
  )
}

/** The one task while it is worked on: what runs, and whatever of it waits for a decision. */
function Watch() {
  const { items } = useTasks({ limit: 1 })
  const [task] = items
  return task ? <Watched task={task} /> : null
}

function Watched({ task }: { task: Task }) {
  const { companyId } = useEngine()
  const { items: runs } = useRuns({ taskId: task.id })
  const { items: questions } = useList('interactions.list', { companyId, taskId: task.id, status: 'pending' })
  const { items: deliverables } = useList('deliverables.list', { companyId, taskId: task.id, status: 'pending' })
  const run = runs.at(-1)
  return (
    <div className="eng-stack">
      <div className="eng-row eng-row-wrap">
        <Status of={task.status} />
        <PlaceLink to={{ screen: 'task', taskId: task.identifier }} className="eng-link eng-grow">
          {task.identifier} {task.title}
        </PlaceLink>
        {run && (
          <PlaceLink to={{ screen: 'run', runId: run.id }} className="eng-row">
            its run <Status of={run.status} />
          </PlaceLink>
        )}
      </div>
      {run?.errorMessage && (
        <p className="eng-bad">
          <Said text={run.errorMessage} />
        </p>
      )}
      {run && <NextStep run={run} />}
      {run && canGoOn(run) && (
        <div>
          <RunAgain runId={run.id} />
        </div>
      )}
      {questions.map(({ id }) => (
        <QuestionPanel key={id} interactionId={id} />
      ))}
      {deliverables.slice(0, 1).map(({ id }) => (
        <ReviewPanel key={id} deliverableId={id} isInTask />
      ))}
      {questions.length + deliverables.length === 0 && !run && <p className="eng-soft">It starts by itself in a moment.</p>}
    </div>
  )
}

function Finished() {
  return (
    <div className="eng-stack" role="status">
      <p className="eng-strong">The first task is done.</p>
      <p>Its result, each run, what it cost and who decided what are kept. What is worth doing next:</p>
      <ul className="eng-prose eng-stack eng-stack-tight">
        <li className="eng-criterion">
          <PlaceLink to={{ screen: 'budgets' }} className="eng-link">
            Set a limit
          </PlaceLink>{' '}
          on what may be spent
        </li>
        <li className="eng-criterion">
          <PlaceLink to={{ screen: 'routes' }} className="eng-link">
            Send results
          </PlaceLink>{' '}
          where you need them
        </li>
        <li className="eng-criterion">
          <PlaceLink to={{ screen: 'members' }} className="eng-link">
            Invite people
          </PlaceLink>{' '}
          who review
        </li>
      </ul>
    </div>
  )
}
