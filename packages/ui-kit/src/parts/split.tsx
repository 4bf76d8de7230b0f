import { ArrowLeft } from 'lucide-react'
import type { ReactNode } from 'react'

import type { ReadingList } from '../data/use-operation.ts'
import { Button } from './button.tsx'
import { FailureNotice, Loading } from './states.tsx'
import { VirtualList } from './virtual-list.tsx'

export interface SplitProps<Item extends { readonly id: string }> {
  readonly label: string
  readonly list: Omit<ReadingList<Item>, 'isLoadingMore'>
  /** The id that was chosen; null for none, and then the first is shown beside the list. */
  readonly opened: string | null
  /** With `replace`, the way back leads past where somebody only walked by. */
  onOpen(id: string | null, how?: 'replace'): void
  readonly rowHeight: number
  row(item: Item): ReactNode
  /** The item is missing where the list does not have it: taken away, or not read yet. */
  detail(id: string, item: Item | undefined): ReactNode
  /** What is said when there is none. */
  readonly empty: ReactNode
  /** Above the list, such as a search. */
  readonly head?: ReactNode
}

/** Things beside the one of them that is looked at; at the width of a phone, one of the two. */
export function Split<Item extends { readonly id: string }>(props: SplitProps<Item>) {
  const { label, list, opened, onOpen, rowHeight, head } = props
  const shownId = opened ?? list.items[0]?.id ?? null
  if (list.error && !list.isRead && list.items.length === 0)
    return (
      <div className="eng-pad">
        <FailureNotice error={list.error} onRetry={list.retry} />
      </div>
    )
  if (list.isLoading) return <Loading />
  if (shownId === null && head === undefined) return list.isRead && props.empty
  return (
    <div className="eng-split" data-open={opened !== null}>
      <div className="eng-split-list eng-fill-column">
        {head}
        <div className="eng-fill">
          {list.items.length === 0 ? (
            list.isRead && props.empty
          ) : (
            <VirtualList
              label={label}
              items={list.items}
              rowHeight={rowHeight}
              activeId={shownId}
              onActive={({ id }) => onOpen(id, 'replace')}
              onOpen={({ id }) => onOpen(id)}
              hasMore={list.hasMore}
              more={list.more}
            >
              {props.row}
            </VirtualList>
          )}
        </div>
      </div>
      <div className="eng-split-detail" tabIndex={-1}>
        <div className="eng-back">
          <Button look="plain" onClick={() => onOpen(null)}>
            <ArrowLeft size={16} aria-hidden /> All
          </Button>
        </div>
        {shownId !== null &&
          props.detail(
            shownId,
            list.items.find(({ id }) => id === shownId),
          )}
      </div>
    </div>
  )
}

/** One thing of a collection: its name, what can be done with it, and all that is known of it. */
export function Detail({ title, actions, children }: { title: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <article className="eng-pad eng-stack eng-stack-loose">
      <header className="eng-row eng-row-wrap">
        <h2 className="eng-screen-title eng-grow">{title}</h2>
        {actions}
      </header>
      {children}
    </article>
  )
}

/** A part of it under a small title. */
export function Part({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="eng-stack eng-stack-tight">
      <header className="eng-row eng-row-wrap">
        <h2 className="eng-grow">{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  )
}

/** A line of a list that is opened by a click on its words as by one beside them. */
export function LineButton({ onClick, children }: { onClick(): void; children: ReactNode }) {
  return (
    <button type="button" className="eng-line-button eng-grow" onClick={onClick}>
      {children}
    </button>
  )
}
