import type { Task } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Menu } from '../../parts/menu.tsx'
import { Priority } from '../../parts/status.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { priorities } from './moves.ts'

/** As many as one call takes. */
const mostAtOnce = 100

/** What can be done with several tasks at once; what is refused of them is said for each. */
export function BulkBar({ tasks, onDone }: { tasks: readonly Task[]; onDone(): void }) {
  const { companyId } = useEngine()
  const { items: projects } = useList('projects.list', { companyId })
  const tell = useTell()
  const nameOf = (taskId: string) => tasks.find(({ id }) => id === taskId)?.identifier ?? taskId
  const update = useCommand('tasks.updateMany', {
    onFailed: tell.failed,
    onDone: ({ items }) => {
      const refused = items.flatMap((item) => (item.status === 'refused' ? [`${nameOf(item.taskId)}: ${item.error.message}`] : []))
      tell.done(`${items.length - refused.length} of ${items.length} tasks changed`)
      for (const reason of refused.slice(0, 3)) tell.failed(new Error(reason))
      onDone()
    },
  })
  const change = (fields: { priority?: Task['priority']; projectId?: string | null; status?: 'todo' | 'backlog' }) =>
    update.run({ companyId, tasks: tasks.slice(0, mostAtOnce).map(({ id, version }) => ({ taskId: id, version, ...fields })) })
  return (
    <div className="eng-sticky eng-row eng-row-wrap" role="toolbar" aria-label="Chosen tasks">
      <strong>{tasks.length} chosen</strong>
      {tasks.length > mostAtOnce && <span className="eng-soft">the first {mostAtOnce} are changed</span>}
      <Menu
        label="Priority"
        isDisabled={update.isRunning}
        choices={priorities.map((priority) => ({
          key: priority,
          does: 'tasks.updateMany',
          label: (
            <>
              <Priority of={priority} /> {priority}
            </>
          ),
          choose: () => change({ priority }),
        }))}
      />
      {projects.length > 0 && (
        <Menu
          label="Project"
          isDisabled={update.isRunning}
          choices={projects.map(({ id, name }) => ({
            key: id,
            does: 'tasks.updateMany',
            label: name,
            choose: () => change({ projectId: id }),
          }))}
        />
      )}
      <Button does="tasks.updateMany" disabled={update.isRunning} onClick={() => change({ status: 'todo' })}>
        To do
      </Button>
      <Button does="tasks.updateMany" disabled={update.isRunning} onClick={() => change({ status: 'backlog' })}>
        To the backlog
      </Button>
      <Button look="plain" onClick={onDone} shortcut="Esc">
        Let go
      </Button>
    </div>
  )
}
