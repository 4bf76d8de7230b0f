import type { ReactNode } from 'react'

import type { ReadingList } from '../data/use-operation.ts'
import { More } from './more.tsx'
import { Card } from './screen.tsx'
import { FailureNotice, Loading } from './states.tsx'

interface ColumnLook {
  readonly title: string
  /** Its figures stand at the end. */
  readonly isNumber?: boolean
  /** Said to screen readers only. */
  readonly isHidden?: boolean
  readonly className?: string
}

/** A column by its title, or with how it looks. */
export type Column = string | ColumnLook

interface TableProps {
  readonly label: string
  readonly columns: readonly Column[]
  /** Its rows. */
  readonly children: ReactNode
}

/** Rows under their titles, in a region that is scrolled where they are wider than the page. */
export function Table({ label, columns, children }: TableProps) {
  return (
    <div className="eng-scroll" role="region" aria-label={label} tabIndex={0}>
      <table className="eng-table">
        <thead>
          <tr>
            {columns.map((column) => {
              const look: ColumnLook = typeof column === 'string' ? { title: column } : column
              return (
                <th key={look.title} data-number={look.isNumber} className={look.className}>
                  {look.isHidden ? <span className="eng-hidden">{look.title}</span> : look.title}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

interface ListTableProps<Item> extends Omit<TableProps, 'children'> {
  readonly list: Pick<ReadingList<Item>, 'items' | 'isRead' | 'error' | 'isLoading' | 'hasMore' | 'more' | 'retry'>
  /** What is said when there is none. */
  readonly empty: ReactNode
  row(item: Item): ReactNode
}

/** A list as a table: why it is not there, that there is none, and more of it. */
export function ListTable<Item>({ list, empty, row, ...table }: ListTableProps<Item>) {
  const { items, isRead, error, isLoading, hasMore, retry } = list
  if (error && !isRead) return <FailureNotice error={error} onRetry={retry} />
  if (isLoading || !isRead) return <Loading />
  if (items.length === 0 && !hasMore) return empty
  return (
    <Card>
      <Table {...table}>{items.map(row)}</Table>
      <More of={list} className="eng-card-body" />
    </Card>
  )
}

/** What can be done with a row. */
export const changeColumn: Column = { title: 'Change', isHidden: true }
