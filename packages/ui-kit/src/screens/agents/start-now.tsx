import { useState } from 'react'

import type { Agent } from '@engine/core/contract'

import { useCommand } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { ChooseTask, taskIn } from '../../parts/choose-task.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, LongField } from '../../parts/form.tsx'
import { useTell } from '../../parts/toasts.tsx'

/** Starts an agent at once, on a task that is named or on the most urgent one that it could take. */
export function StartNow({ agent }: { agent: Agent }) {
  const [isOpen, setIsOpen] = useState(false)
  const close = () => setIsOpen(false)
  return (
    <>
      <Button does="agents.invoke" onClick={() => setIsOpen(true)}>
        Start now
      </Button>
      <Dialog title={`Start ${agent.name} now`} isOpen={isOpen} onClose={close}>
        <StartForm agent={agent} onClose={close} />
      </Dialog>
    </>
  )
}

function StartForm({ agent, onClose }: { agent: Agent; onClose(): void }) {
  const tell = useTell()
  const invoke = useCommand('agents.invoke', { onDone: () => (tell.done(`${agent.name} starts as soon as it has room`), onClose()) })
  const submit = (fields: Fields) => {
    const [taskId, message] = [taskIn(fields, 'taskId'), fields.maybe('message')]
    invoke.run({ agentId: agent.id, ...(taskId !== null && { taskId }), ...(message !== null && { message }) })
  }
  return (
    <Form submit="Start" isRunning={invoke.isRunning} error={invoke.error} onSubmit={submit}>
      <ChooseTask label="Task, or the most urgent that it could take" name="taskId" isRequired={false} />
      <LongField label="What it is told" name="message" hint="A comment on the task, which it reads." />
    </Form>
  )
}
