import { useState } from 'react'

import type { KnowledgeEntry } from '@engine/core/contract'

import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Detail, Part } from '../../parts/split.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { count } from '../../parts/format.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Read } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { Who } from '../../parts/who.tsx'
import { EventList } from '../activity/event-list.tsx'
import { EntryEditor } from './entry-editor.tsx'

export function EntryDetail({ knowledgeEntryId, onGone }: { knowledgeEntryId: string; onGone(): void }) {
  const reading = useOperation('knowledge.get', { knowledgeEntryId })
  return <Read of={reading}>{(entry) => <Shown entry={entry} onGone={onGone} />}</Read>
}

function Shown({ entry, onGone }: { entry: KnowledgeEntry; onGone(): void }) {
  const [open, setOpen] = useState<'change' | 'delete' | null>(null)
  const tell = useTell()
  const remove = useCommand('knowledge.delete', { onFailed: tell.failed, onDone: onGone })
  useKeys({ e: ['knowledge.update', () => setOpen('change')] })
  if (open === 'change')
    return (
      <Detail
        title={entry.title}
        actions={
          <Button look="plain" onClick={() => setOpen(null)}>
            Leave it as it was
          </Button>
        }
      >
        <EntryEditor entry={entry} companyId={entry.companyId} onDone={() => setOpen(null)} />
      </Detail>
    )
  const actions = (
    <>
      <Button does="knowledge.update" onClick={() => setOpen('change')} shortcut="e">
        Change
      </Button>
      <Button does="knowledge.delete" look="bad" onClick={() => setOpen('delete')}>
        Delete
      </Button>
    </>
  )
  return (
    <Detail title={entry.title} actions={actions}>
      <div className="eng-row eng-row-wrap eng-soft">
        <span>version {entry.version}</span>
        <Who kind={entry.updatedBy.kind} id={entry.updatedBy.id} />
        <Time at={entry.updatedAt} />
        <span>about {count(entry.tokens)} tokens</span>
        {entry.source !== null && <span>from {entry.source}</span>}
        <Whose projectId={entry.projectId} />
        {entry.tags.map((tag) => (
          <span key={tag} className="eng-tag">
            {tag}
          </span>
        ))}
      </div>
      <Prose text={entry.body} />
      <History entry={entry} />
      <Confirm
        title="Delete the entry"
        act="Delete it"
        isOpen={open === 'delete'}
        isRunning={remove.isRunning}
        onClose={() => setOpen(null)}
        onAct={() => remove.run({ knowledgeEntryId: entry.id, version: entry.version })}
      >
        No run is told of “{entry.title}” any more. That it was there stays in the log, its text does not.
      </Confirm>
    </Detail>
  )
}

function Whose({ projectId }: { projectId: string | null }) {
  const { data } = useOperation('projects.get', projectId === null ? null : { projectId })
  if (!data) return <span>{projectId === null ? 'for the whole company' : null}</span>
  return (
    <PlaceLink to={{ screen: 'project', projectId: data.id }} className="eng-link">
      {data.name}
    </PlaceLink>
  )
}

function History({ entry }: { entry: KnowledgeEntry }) {
  const list = useList('events.entity', { companyId: entry.companyId, entityType: 'knowledgeEntry', entityId: entry.id })
  return (
    <Part title="Versions">
      <EventList of={list} />
    </Part>
  )
}
