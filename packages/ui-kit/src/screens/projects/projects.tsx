import { Plus } from 'lucide-react'
import { useState } from 'react'

import type { Project } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { PlaceLink, usePlaces } from '../../parts/places.tsx'
import { ProgressLine } from '../../parts/progress.tsx'
import { Screen } from '../../parts/screen.tsx'
import { Empty, FailureNotice, Loading } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { VirtualList } from '../../parts/virtual-list.tsx'
import { AgentName } from '../../parts/who.tsx'
import { ProjectDialog } from './project-dialog.tsx'

/** What the work is grouped by, and how far each is. */
export function Projects() {
  const { companyId } = useEngine()
  const { go } = usePlaces()
  const list = useList('projects.list', { companyId })
  const [activeId, setActiveId] = useState<string | null>(null)
  const [isNew, setIsNew] = useState(false)
  useKeys({ c: ['projects.create', () => setIsNew(true)] })
  const add = (
    <Button does="projects.create" look="strong" onClick={() => setIsNew(true)} shortcut="c">
      <Plus size={15} aria-hidden /> New project
    </Button>
  )
  return (
    <Screen title="Projects" actions={add}>
      {list.error && list.items.length === 0 ? (
        <div className="eng-pad">
          <FailureNotice error={list.error} onRetry={list.retry} />
        </div>
      ) : list.isLoading || !list.isRead ? (
        <Loading />
      ) : list.items.length === 0 ? (
        <Empty title="No project yet">
          A project holds the tasks for one thing: with a lead, an agent that takes what nobody else does, a budget and what should be known
          of it.
        </Empty>
      ) : (
        <div className="eng-fill">
          <VirtualList
            label="Projects"
            items={list.items}
            rowHeight={48}
            activeId={activeId}
            onActive={({ id }) => setActiveId(id)}
            onOpen={({ id }) => go({ screen: 'project', projectId: id })}
            hasMore={list.hasMore}
            more={list.more}
          >
            {(project) => <Row project={project} />}
          </VirtualList>
        </div>
      )}
      <ProjectDialog
        project={null}
        isOpen={isNew}
        onClose={() => setIsNew(false)}
        onDone={({ id }) => go({ screen: 'project', projectId: id })}
      />
    </Screen>
  )
}

function Row({ project }: { project: Project }) {
  const isOver = project.status === 'completed' || project.status === 'cancelled'
  const { data } = useOperation('projects.progress', isOver ? null : { projectId: project.id })
  return (
    <>
      <span className="eng-cell-status">
        <Status of={project.status} />
      </span>
      <PlaceLink to={{ screen: 'project', projectId: project.id }} className="eng-grow eng-cut eng-line-title">
        {project.name}
      </PlaceLink>
      <span className="eng-wide eng-cell-progress">
        <ProgressLine of={data} label={`Tasks of ${project.name}`} />
      </span>
      <span className="eng-cell-who eng-wide">{project.leadAgentId !== null && <AgentName id={project.leadAgentId} />}</span>
      <span className="eng-cell-date eng-wide eng-soft">{project.targetDate}</span>
    </>
  )
}
