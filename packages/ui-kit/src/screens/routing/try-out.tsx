import { useState } from 'react'

import type { RoutingRule } from '@engine/core/contract'

import { words } from '../../data/said.ts'
import type { InputOf, OutputOf } from '../../data/operations.ts'
import { useEngine } from '../../data/provider.tsx'
import { useOperation } from '../../data/use-operation.ts'
import { ChooseAgent, ChooseProject } from '../../parts/choose.tsx'
import { ChooseTask } from '../../parts/choose-task.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, MoreFields, SelectField, TextField } from '../../parts/form.tsx'
import { AgentName } from '../../parts/who.tsx'
import { priorities } from '../tasks/moves.ts'
import { readSupposed } from './read-rule.ts'
import { ContextField, LabelTicks } from './task-fields.tsx'

type Asked = Omit<InputOf<'routing.dryRun'>, 'companyId'>

/** Asks who would get a task that is there, or one that is not; nobody is given anything. */
export function TryOut({ rules, onClose }: { rules: readonly RoutingRule[]; onClose(): void }) {
  const { companyId } = useEngine()
  const [isOfTask, setIsOfTask] = useState(false)
  const [asked, setAsked] = useState<Asked | null>(null)
  const { data, error, isLoading } = useOperation('routing.dryRun', asked && { companyId, ...asked })
  const ask = (fields: Fields) => setAsked(isOfTask ? { taskId: fields.text('taskId') } : { task: readSupposed(fields) })
  return (
    <Dialog title="Who would get a task?" isOpen onClose={onClose}>
      <Form submit="Ask" isRunning={isLoading} error={error} onSubmit={ask} aside={data && <Answer decision={data} />}>
        <SelectField
          label="Of"
          value={isOfTask ? 'task' : 'supposed'}
          onChange={({ target }) => setIsOfTask(target.value === 'task')}
          options={[
            ['supposed', 'a task that could be'],
            ['task', 'a task that is there'],
          ]}
        />
        {isOfTask ? <ChooseTask label="Task" name="taskId" /> : <Supposed />}
        {data && <Considered decision={data} rules={rules} />}
      </Form>
    </Dialog>
  )
}

function Supposed() {
  return (
    <>
      <div className="eng-row eng-row-wrap">
        <TextField label="Tags" name="tags" placeholder="logo, web" />
        <SelectField label="Priority" name="priority" defaultValue="medium" options={priorities.map((each) => [each, each])} />
      </div>
      <ChooseProject label="Project" name="projectId" none="none" />
      <MoreFields title="More of it">
        <TextField label="Needs who can" name="requiredCapabilities" />
        <ChooseAgent label="Best done by" name="preferredAgentId" none="whoever" />
        <LabelTicks chosen={[]} />
        <ContextField />
      </MoreFields>
    </>
  )
}

type Decision = OutputOf<'routing.dryRun'>

/** Who it would be and why, beside what asks, where it is seen however long the form is. */
function Answer({ decision: { agentId, reason } }: { decision: Decision }) {
  return (
    <span className="eng-grow" role="status">
      {agentId === null ? <span className="eng-strong">Nobody would get it</span> : <AgentName id={agentId} />}
      <span className="eng-soft eng-small eng-block">{reason}</span>
    </span>
  )
}

/** What was asked on the way there. */
function Considered({ decision: { considered }, rules }: { decision: Decision; rules: readonly RoutingRule[] }) {
  const nameOf = (ruleId: string | null) => rules.find(({ id }) => id === ruleId)?.name
  return (
    <ul className="eng-stack eng-stack-tight" aria-label="What was asked">
      {considered.map(({ step, ruleId, note }, at) => (
        <li key={at} className="eng-small">
          <span className="eng-strong">{nameOf(ruleId) ?? words(step)}</span>: {note}
        </li>
      ))}
    </ul>
  )
}
