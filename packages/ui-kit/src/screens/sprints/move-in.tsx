import type { Sprint } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Form } from '../../parts/form.tsx'
import { Priority, Status } from '../../parts/status.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useChosen } from '../../parts/use-chosen.ts'

/** As many as one call takes. */
const mostAtOnce = 100

export function MoveIn({ sprint, isOpen, onClose }: { sprint: Sprint; isOpen: boolean; onClose(): void }) {
  return (
    <Dialog title={`Move tasks into ${sprint.name}`} isOpen={isOpen} onClose={onClose}>
      <Pick sprint={sprint} onClose={onClose} />
    </Dialog>
  )
}

/** Open tasks that are in no sprint yet, of the sprint's project when it has one. */
function Pick({ sprint, onClose }: { sprint: Sprint; onClose(): void }) {
  const { companyId } = useEngine()
  const tell = useTell()
  const { chosen, toggle } = useChosen()
  const project = sprint.projectId === null ? {} : { projectId: sprint.projectId }
  const { items, isRead } = useList('tasks.list', { companyId, status: ['backlog', 'todo', 'blocked'], ...project })
  const free = items.filter(({ sprintId }) => sprintId === null)
  const update = useCommand('tasks.updateMany', {
    onDone: ({ items: done }) => {
      const refused = done.flatMap((item) => (item.status === 'refused' ? [item.error.message] : []))
      tell.done(`${done.length - refused.length} of ${done.length} tasks moved in`)
      for (const reason of refused.slice(0, 3)) tell.failed(new Error(reason))
      onClose()
    },
  })
  const submit = () => {
    const tasks = free.filter(({ id }) => chosen.has(id)).slice(0, mostAtOnce)
    if (tasks.length > 0) update.run({ companyId, tasks: tasks.map(({ id, version }) => ({ taskId: id, version, sprintId: sprint.id })) })
  }
  return (
    <Form
      submit={chosen.size === 0 ? 'Choose tasks' : `Move ${chosen.size} in`}
      isRunning={update.isRunning}
      error={update.error}
      onSubmit={submit}
    >
      {isRead && free.length === 0 && <p className="eng-soft">Every open task that fits is in a sprint already.</p>}
      <ul className="eng-lines" aria-label="Tasks in no sprint">
        {free.map((task) => (
          <li key={task.id}>
            <label className="eng-row eng-grow">
              <input type="checkbox" className="eng-check" checked={chosen.has(task.id)} onChange={() => toggle(task.id)} />
              <Priority of={task.priority} />
              <Status of={task.status} isBare />
              <span className="eng-soft eng-mono eng-small">{task.identifier}</span>
              <span className="eng-cut">{task.title}</span>
            </label>
          </li>
        ))}
      </ul>
    </Form>
  )
}
