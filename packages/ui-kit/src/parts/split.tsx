import { ArrowLeft } from 'lucide-react'
import type { ReactNode } from 'react'

import type { ReadingList } from '../data/use-operation.ts'
import { Button } from './button.tsx'
import { FailureNotice, Loading } from './states.tsx'
import { VirtualList } from './virtual-list.tsx'

interface SplitProps<Item extends { readonly id: string }> {
  readonly label: string
  readonly of: Pick<ReadingList<Item>, 'items' | 'error' | 'isLoading' | 'hasMore' | 'more' | 'retry'>
  /** The id that was chosen; null for none, and then the first is shown beside the list. */
  readonly chosen: string | null
  onChoose(id: string | null): void
  /** What stands there when there is nothing. */
  readonly empty: ReactNode
  row(item: Item): ReactNode
  detail(item: Item): ReactNode
}

/** A list, and beside it all of one thing in it; on a phone one after the other. */
export function Split<Item extends { readonly id: string }>({ label, of, chosen, onChoose, ...shown }: SplitProps<Item>) {
  const { items, error, isLoading, hasMore, more, retry } = of
  const active = items.find(({ id }) => id === chosen) ?? items[0]
  if (error && items.length === 0)
    return (
      <div className="eng-pad">
        <FailureNotice error={error} onRetry={retry} />
      </div>
    )
  if (isLoading) return <Loading />
  if (!active) return shown.empty
  const choose = ({ id }: Item) => onChoose(id)
  return (
    <div className="eng-split" data-open={chosen !== null}>
      <div className="eng-split-list">
        <VirtualList
          label={label}
          items={items}
          rowHeight={60}
          activeId={active.id}
          onActive={choose}
          onOpen={choose}
          hasMore={hasMore}
          more={more}
        >
          {(item) => (
            <button type="button" className="eng-line-button eng-grow" onClick={() => choose(item)}>
              {shown.row(item)}
            </button>
          )}
        </VirtualList>
      </div>
      <div className="eng-split-detail" tabIndex={-1}>
        <div className="eng-back">
          <Button look="plain" onClick={() => onChoose(null)}>
            <ArrowLeft size={16} aria-hidden /> All
          </Button>
        </div>
        <article key={active.id} className="eng-pad eng-stack">
          {shown.detail(active)}
        </article>
      </div>
    </div>
  )
}

/** The head of what is beside a list: what it is, how it is, and what can be done with it. */
export function DetailHead({ title, state, children }: { title: ReactNode; state?: ReactNode; children?: ReactNode }) {
  return (
    <header className="eng-row eng-row-wrap eng-detail-head">
      <h2 className="eng-screen-title eng-grow">{title}</h2>
      {state}
      {children}
    </header>
  )
}
