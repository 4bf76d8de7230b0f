import { useState } from 'react'

import { controls } from '../../data/said.ts'
import { useCommand } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { DialogForm, TextField, Tick } from '../../parts/form.tsx'
import { useTell } from '../../parts/toasts.tsx'

/** Takes a task from the run that has it, such as one that does not come to an end. */
export function TakeBack({ taskId }: { taskId: string }) {
  const tell = useTell()
  const [isOpen, setIsOpen] = useState(false)
  const close = () => setIsOpen(false)
  const release = useCommand('tasks.forceRelease', { onDone: ({ identifier }) => (close(), tell.done(`${identifier} is free again`)) })
  return (
    <div>
      <Button does="tasks.forceRelease" onClick={() => setIsOpen(true)}>
        {controls['tasks.forceRelease']}…
      </Button>
      <DialogForm
        title="Take the task back"
        isOpen={isOpen}
        onClose={close}
        submit={controls['tasks.forceRelease']}
        look="bad"
        isRunning={release.isRunning}
        error={release.error}
        onSubmit={(fields) => release.run({ taskId, reason: fields.text('reason'), clearAssignee: fields.isTicked('clearAssignee') })}
      >
        <p>The run is cancelled and can write nothing more. Nobody is woken: the task waits until it is begun again.</p>
        <TextField label="Why" name="reason" required maxLength={2_000} autoComplete="off" />
        <Tick label="also take it from its assignee" name="clearAssignee" />
      </DialogForm>
    </div>
  )
}
