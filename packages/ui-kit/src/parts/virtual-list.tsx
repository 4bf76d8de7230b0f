import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useRef, type ReactNode } from 'react'

import { useKeys } from './use-keys.ts'

interface VirtualListProps<Item extends { readonly id: string }> {
  readonly label: string
  readonly items: readonly Item[]
  readonly rowHeight: number
  /** The item that keys act on. */
  readonly activeId: string | null
  onActive(item: Item): void
  /** Enter, and a click on the row. */
  onOpen(item: Item): void
  readonly chosen?: ReadonlySet<string>
  readonly hasMore: boolean
  more(): void
  children(item: Item): ReactNode
}

/** As far before its end as this, a list asks for what follows. */
const soonRows = 30

/** A list of any length: only the rows in view are made. `j` and `k` or the arrows walk, Enter opens. */
export function VirtualList<Item extends { readonly id: string }>(props: VirtualListProps<Item>) {
  const { label, items, rowHeight, activeId, chosen, hasMore, more } = props
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: items.length,
    estimateSize: () => rowHeight,
    getScrollElement: () => scroller.current,
    overscan: 12,
  })
  const shown = rows.getVirtualItems()
  const last = shown.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && last >= items.length - soonRows) more()
  }, [hasMore, last, items.length, more])
  const active = items.findIndex(({ id }) => id === activeId)
  const step = (by: number) => () => {
    const index = Math.min(items.length - 1, Math.max(0, active === -1 ? 0 : active + by))
    const item = items[index]
    if (!item) return
    rows.scrollToIndex(index)
    props.onActive(item)
  }
  const open = () => {
    const item = items[active]
    if (item) props.onOpen(item)
  }
  useKeys({ j: step(1), ArrowDown: step(1), k: step(-1), ArrowUp: step(-1), o: open, Enter: open })
  return (
    <div className="eng-list" ref={scroller} role="region" aria-label={label} tabIndex={0}>
      <div className="eng-list-inner" role="list" style={{ blockSize: rows.getTotalSize() }}>
        {shown.map(({ index, start }) => {
          const item = items[index]
          if (!item) return null
          return (
            <Row
              key={item.id}
              item={item}
              index={index}
              start={start}
              rowHeight={rowHeight}
              setSize={hasMore ? -1 : items.length}
              isActive={item.id === activeId}
              isChosen={chosen?.has(item.id) === true}
              onOpen={props.onOpen}
              content={props.children}
            />
          )
        })}
      </div>
    </div>
  )
}

interface RowProps<Item> {
  readonly item: Item
  readonly index: number
  /** How far below the beginning, in pixels. */
  readonly start: number
  readonly rowHeight: number
  /** How many there are; -1 while nobody knows. */
  readonly setSize: number
  readonly isActive: boolean
  readonly isChosen: boolean
  onOpen(item: Item): void
  content(item: Item): ReactNode
}

function PlainRow<Item>({ item, index, start, rowHeight, setSize, isActive, isChosen, onOpen, content }: RowProps<Item>) {
  return (
    <div
      className="eng-list-row"
      role="listitem"
      aria-setsize={setSize}
      aria-posinset={index + 1}
      aria-current={isActive}
      data-active={isActive}
      data-chosen={isChosen}
      style={{ blockSize: rowHeight, transform: `translateY(${start}px)` }}
      onClick={(event) => !isControl(event.target) && onOpen(item)}
    >
      {content(item)}
    </div>
  )
}

/** While somebody scrolls, the rows that stay are left as they are; memo forgets that it is generic. */
const Row = memo(PlainRow) as typeof PlainRow

function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest('a, button, input, label') !== null
}
