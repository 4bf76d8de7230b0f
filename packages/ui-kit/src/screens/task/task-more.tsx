import { useState } from 'react'

import type { Task } from '@engine/core/contract'

import { controls } from '../../data/said.ts'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { DialogForm, TextField } from '../../parts/form.tsx'
import { Menu } from '../../parts/menu.tsx'
import { PlaceLink, usePlaces } from '../../parts/places.tsx'
import { useTell } from '../../parts/toasts.tsx'

type Asked = 'hold' | 'cancel' | 'delete'

/** What is done with a task as a whole, and with all below it. */
export function TaskMore({ task }: { task: Task }) {
  const [asked, ask] = useState<Asked | null>(null)
  const tell = useTell()
  const resume = useCommand('tasks.resumeSubtree', { onFailed: tell.failed, onDone: ({ changed }) => tell.done(`${changed} go on`) })
  const isOver = ['done', 'cancelled'].includes(task.status)
  const holding =
    task.heldByTaskId === task.id
      ? {
          key: 'resume',
          does: 'tasks.resumeSubtree' as const,
          label: 'Let it and all below go on',
          choose: () => resume.run({ taskId: task.id }),
        }
      : { key: 'hold', does: 'tasks.pauseSubtree' as const, label: 'Hold it and all below…', choose: () => ask('hold') }
  const choices = [
    holding,
    ...(isOver
      ? []
      : [
          {
            key: 'cancel',
            does: 'tasks.cancelSubtree' as const,
            label: `${controls['tasks.cancelSubtree']}…`,
            choose: () => ask('cancel'),
          },
        ]),
    { key: 'delete', does: 'tasks.delete' as const, label: 'Delete…', choose: () => ask('delete') },
  ]
  const close = () => ask(null)
  return (
    <>
      <Menu label="More" isDisabled={resume.isRunning} choices={choices} />
      {asked === 'delete' && <Delete task={task} onClose={close} />}
      {asked !== null && asked !== 'delete' && <Stop task={task} act={asked} onClose={close} />}
    </>
  )
}

interface Dialogue {
  readonly task: Task
  onClose(): void
}

const stops = {
  hold: {
    title: (of: string) => `Hold ${of} and all below it`,
    submit: 'Hold',
    says: 'What runs in it is cancelled and gives its tasks back. Nothing in it starts until you let it go on.',
    done: 'held',
  },
  cancel: {
    title: (of: string) => `Cancel ${of} and all below it`,
    submit: 'Cancel all',
    says: 'What runs in it is cancelled, and all of it that is open is over.',
    done: 'cancelled',
  },
} as const

function Stop({ task, act, onClose }: Dialogue & { act: keyof typeof stops }) {
  const { title, submit, says, done } = stops[act]
  const tell = useTell()
  const told = { onDone: ({ changed }: { changed: number }) => (onClose(), tell.done(`${changed} ${done}`)) }
  const hold = useCommand('tasks.pauseSubtree', told)
  const cancel = useCommand('tasks.cancelSubtree', told)
  const { run, isRunning, error } = act === 'hold' ? hold : cancel
  return (
    <DialogForm
      title={title(task.identifier)}
      isOpen
      onClose={onClose}
      submit={submit}
      look={act === 'hold' ? 'strong' : 'bad'}
      isRunning={isRunning}
      error={error}
      onSubmit={(fields) => {
        const reason = fields.maybe('reason')
        run({ taskId: task.id, ...(reason !== null && { reason }) })
      }}
    >
      <p>{says}</p>
      <TextField label="Why" name="reason" maxLength={2_000} autoComplete="off" />
    </DialogForm>
  )
}

function Delete({ task: { id: taskId, identifier }, onClose }: Dialogue) {
  const tell = useTell()
  const { go } = usePlaces()
  const remove = useCommand('tasks.delete', {
    onFailed: (error) => (onClose(), tell.failed(error)),
    onDone: () => {
      onClose()
      tell.done(`${identifier} is deleted`)
      go({ screen: 'tasks' })
    },
  })
  return (
    <Confirm
      title={`Delete ${identifier}`}
      act="Delete"
      isOpen
      isRunning={remove.isRunning}
      onClose={onClose}
      onAct={() => remove.run({ taskId })}
    >
      <p>Nobody finds it afterwards, and nothing brings it back. What it did stays in the log.</p>
    </Confirm>
  )
}

/** Why nothing of a task starts: it is held, or is below one that is. */
export function Held({ task: { id, heldByTaskId } }: { task: Task }) {
  const isAbove = heldByTaskId !== null && heldByTaskId !== id
  const { data: above } = useOperation('tasks.get', isAbove ? { taskId: heldByTaskId } : null)
  if (heldByTaskId === null) return null
  return (
    <div className="eng-notice" data-tone="warn">
      <p className="eng-strong">It is held</p>
      <p>
        Nothing of it starts
        {above ? (
          <>
            {' '}
            until <PlaceLink to={{ screen: 'task', taskId: above.identifier }}>{above.identifier}</PlaceLink> goes on.
          </>
        ) : (
          ' until somebody lets it go on.'
        )}
      </p>
    </div>
  )
}
