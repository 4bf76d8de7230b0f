import { ArrowLeft, Plus } from 'lucide-react'
import type { ReactNode } from 'react'

import { Button } from './button.tsx'
import { useOpened, type Place } from './places.tsx'
import { Screen } from './screen.tsx'
import { FailureNotice, Loading } from './states.tsx'
import { useKeys } from './use-keys.ts'
import { VirtualList } from './virtual-list.tsx'

interface Items<Item> {
  readonly items: readonly Item[]
  readonly error: Error | null
  readonly isLoading: boolean
  readonly hasMore: boolean
  more(): void
  retry(): void
}

interface CollectionProps<Item> {
  readonly title: string
  /** What the button says that makes another one. */
  readonly add: string
  onAdd(): void
  readonly list: Items<Item>
  /** Which one the address names. */
  readonly opened: string | null
  placeOf(id: string | null): Place
  readonly rowHeight: number
  row(item: Item): ReactNode
  detail(id: string): ReactNode
  /** What is said when there is none. */
  readonly empty: ReactNode
  /** Above the list, such as a search. */
  readonly head?: ReactNode
  /** The dialogs of the screen. */
  readonly children?: ReactNode
}

/** A screen of things beside the one of them that is looked at; at the width of a phone, one of the two. `j` and `k` walk, `c` adds. */
export function Collection<Item extends { readonly id: string }>(props: CollectionProps<Item>) {
  useKeys({ c: () => props.onAdd() })
  const add = (
    <Button look="strong" onClick={() => props.onAdd()} shortcut="c">
      <Plus size={15} aria-hidden /> {props.add}
    </Button>
  )
  return (
    <Screen title={props.title} actions={add}>
      <Content {...props} />
      {props.children}
    </Screen>
  )
}

function Content<Item extends { readonly id: string }>(props: CollectionProps<Item>) {
  const { title, list, rowHeight, head } = props
  const [openedId, open] = useOpened(props.opened, props.placeOf)
  const shownId = openedId ?? list.items[0]?.id ?? null
  if (list.error && list.items.length === 0)
    return (
      <div className="eng-pad">
        <FailureNotice error={list.error} onRetry={list.retry} />
      </div>
    )
  if (list.isLoading) return <Loading />
  if (shownId === null && head === undefined) return props.empty
  return (
    <div className="eng-split" data-open={openedId !== null}>
      <div className="eng-split-list eng-fill-column">
        {head}
        <div className="eng-fill">
          {list.items.length === 0 ? (
            props.empty
          ) : (
            <VirtualList
              label={title}
              items={list.items}
              rowHeight={rowHeight}
              activeId={shownId}
              onActive={({ id }) => open(id, 'replace')}
              onOpen={({ id }) => open(id)}
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
          <Button look="plain" onClick={() => open(null)}>
            <ArrowLeft size={16} aria-hidden /> All
          </Button>
        </div>
        {shownId !== null && props.detail(shownId)}
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
