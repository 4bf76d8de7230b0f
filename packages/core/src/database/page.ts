import { sql, type SelectQueryBuilder } from 'kysely'

import { decodeCursor, toPage, type Page, type PageRequest } from '../kernel/page.ts'

interface Shape<Row, Item> {
  /** The column with the id, or the number, where the statement has several of that name. */
  readonly column?: string
  readonly isNewestFirst?: true
  item(row: Row): Item
}

/** The page that was asked for of rows that are listed by their ids, which sort as the rows were made: oldest first. */
export async function pageById<Tables, Names extends keyof Tables, Row extends { id: string }, Item>(
  rows: SelectQueryBuilder<Tables, Names, Row>,
  asked: PageRequest,
  shape: Shape<Row, Item>,
): Promise<Page<Item>> {
  const after = asked.cursor ? String(decodeCursor(asked.cursor, ['id'])[0]) : undefined
  const found = await rowsAfter(rows, after, { column: 'id', ...shape, limit: asked.limit })
  return toPage(found, asked.limit, { item: shape.item, key: (row) => [row.id] })
}

/** The page that was asked for of what one thing has under numbers, such as its versions: newest first. */
export async function pageByNumber<Tables, Names extends keyof Tables, Row extends { number: number }, Item>(
  rows: SelectQueryBuilder<Tables, Names, Row>,
  asked: PageRequest,
  item: (row: Row) => Item,
): Promise<Page<Item>> {
  const after = asked.cursor ? Number(decodeCursor(asked.cursor, ['number'])[0]) : undefined
  const found = await rowsAfter(rows, after, { column: 'number', isNewestFirst: true, limit: asked.limit })
  return toPage(found, asked.limit, { item, key: (row) => [row.number] })
}

interface Order {
  readonly column: string
  readonly isNewestFirst?: true
  readonly limit: number
}

/** One more than the page holds: whether there are more. */
async function rowsAfter<Tables, Names extends keyof Tables, Row>(
  rows: SelectQueryBuilder<Tables, Names, Row>,
  after: string | number | undefined,
  { column, isNewestFirst, limit }: Order,
): Promise<Row[]> {
  const by = sql.ref<string | number>(column)
  const ordered = rows.orderBy(by, isNewestFirst ? 'desc' : 'asc').limit(limit + 1)
  return (after === undefined ? ordered : ordered.where(by, isNewestFirst ? '<' : '>', after)).execute()
}
