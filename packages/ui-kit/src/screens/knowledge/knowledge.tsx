import { useDeferredValue, useState } from 'react'

import { useEngine } from '../../data/provider.tsx'
import { useList, useOperation } from '../../data/use-operation.ts'
import { Collection } from '../../parts/collection.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { PlaceLink, useOpened, usePlaces, type Place } from '../../parts/places.tsx'
import { Empty } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { EntryDetail } from './entry-detail.tsx'
import { EntryEditor } from './entry-editor.tsx'

interface Found {
  readonly id: string
  readonly title: string
  readonly tags: readonly string[]
  readonly updatedAt: string
}

const placeOf = (id: string | null): Place => (id === null ? { screen: 'knowledge' } : { screen: 'entry', knowledgeEntryId: id })

/** What agents are told beside their tasks, found as they find it. */
export function Knowledge({ knowledgeEntryId = null }: { knowledgeEntryId?: string | null }) {
  const { companyId } = useEngine()
  const [opened, open] = useOpened(knowledgeEntryId, placeOf)
  const { go } = usePlaces()
  const [text, setText] = useState('')
  const [isNew, setIsNew] = useState(false)
  const list = useFound(useDeferredValue(text.trim()))
  const created = ({ id }: { id: string }) => {
    setIsNew(false)
    go(placeOf(id))
  }
  const search = (
    <div className="eng-head-field" role="search">
      <input
        className="eng-input"
        type="search"
        aria-label="Search the knowledge"
        placeholder="Search by words and meaning"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  )
  return (
    <Collection<Found>
      does="knowledge.create"
      title="Knowledge"
      add="New entry"
      onAdd={() => setIsNew(true)}
      list={list}
      opened={opened}
      onOpen={open}
      rowHeight={56}
      row={(entry) => <Row entry={entry} />}
      detail={(id) => <EntryDetail key={id} knowledgeEntryId={id} onGone={() => go(placeOf(null), 'replace')} />}
      head={search}
      empty={
        text.trim() === '' ? (
          <Empty title="Nothing is written down yet">
            Write what agents should know: how you name things, whom to ask, what was decided. A run is given the entries that fit its task.
          </Empty>
        ) : (
          <Empty title="Nothing fits">Other words may find it; rare words count for more.</Empty>
        )
      }
    >
      <Dialog title="New entry" isOpen={isNew} onClose={() => setIsNew(false)}>
        <EntryEditor entry={null} companyId={companyId} onDone={created} />
      </Dialog>
    </Collection>
  )
}

/** All entries, or those that fit what is sought. */
function useFound(query: string) {
  const { companyId } = useEngine()
  const all = useList('knowledge.list', { companyId })
  const { data, error, retry } = useOperation('knowledge.search', query === '' ? null : { companyId, query, limit: 50 })
  if (query === '') return all
  return { items: data?.items ?? [], isRead: data !== undefined, error, isLoading: false, hasMore: false, more: () => undefined, retry }
}

function Row({ entry: { id, title, tags, updatedAt } }: { entry: Found }) {
  return (
    <>
      <span className="eng-stack eng-stack-none eng-grow">
        <PlaceLink to={{ screen: 'entry', knowledgeEntryId: id }} className="eng-cut eng-line-title">
          {title}
        </PlaceLink>
        <span className="eng-soft eng-small eng-cut">{tags.join(', ')}</span>
      </span>
      <Time at={updatedAt} />
    </>
  )
}
