import { styleText } from 'node:util'

type Row = Readonly<Record<string, unknown>>

/** What a table shows of things, where they have it, in this order. */
const columns = [
  'identifier',
  'id',
  'seq',
  'key',
  'name',
  'title',
  'subject',
  'scope',
  'window',
  'metric',
  'destinationType',
  'provider',
  'model',
  'type',
  'eventType',
  'kind',
  'status',
  'decision',
  'role',
  'priority',
  'limit',
  'spent',
  'held',
  'costMicros',
  'reason',
  'text',
  'body',
  'at',
  'createdAt',
]
/** Columns of long texts are cut to this, where nothing says how wide the screen is. */
const widest = 60

export interface Paper {
  /** Columns of the terminal; null where there is none, and nothing is cut. */
  readonly width: number | null
  readonly isColored: boolean
}

export function paperOf(stream: { isTTY?: boolean; columns?: number }): Paper {
  const isTerminal = stream.isTTY === true
  return { width: isTerminal ? (stream.columns ?? 80) : null, isColored: isTerminal && process.env['NO_COLOR'] === undefined }
}

/** What agents and others wrote, without what would command a terminal. */
export function plain(text: string): string {
  // Escapes, bells and marks of direction; line breaks and tabs stay.
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (character) => (character === '\n' || character === '\t' ? character : '\uFFFD'))
}

/** An answer as people read it: a list as a table, a thing as its fields. */
export function linesOf(answer: unknown, paper: Paper): string[] {
  if (Array.isArray(answer)) return tableOf(answer.map(toRow), paper)
  if (!isRow(answer)) return [cellOf(answer)]
  const { items, nextCursor, ...more } = answer
  if (!Array.isArray(items)) return fieldLines(answer, '')
  const rest = typeof nextCursor === 'string' ? [`More: --cursor ${nextCursor}, or --all`] : []
  return [...tableOf(items.map(toRow), paper), ...fieldLines(more, ''), ...rest]
}

export function tableOf(rows: readonly Row[], { width, isColored }: Paper): string[] {
  const [first] = rows
  if (!first) return ['Nothing.']
  const names = columnsOf(first)
  const cells = rows.map((row) => names.map((name) => cut(cellOf(row[name]).replaceAll(/\s+/g, ' '), width === null ? Infinity : widest)))
  const widths = names.map((name, column) => Math.max(lengthOf(name), ...cells.map((line) => lengthOf(line[column] ?? ''))))
  const line = (texts: readonly string[]) =>
    cut(
      texts
        .map((text, column) => text + ' '.repeat((widths[column] ?? 0) - lengthOf(text)))
        .join('  ')
        .trimEnd(),
      width ?? Infinity,
    )
  const head = line(names)
  return [isColored ? styleText('bold', head, { validateStream: false }) : head, ...cells.map(line)]
}

function columnsOf(row: Row): string[] {
  const known = columns.filter((name) => name in row && !(name === 'id' && typeof row['identifier'] === 'string'))
  if (known.length > 2) return known
  const others = Object.keys(row).filter((name) => !known.includes(name) && !(typeof row[name] === 'object' && row[name] !== null))
  return [...known, ...others].slice(0, 8)
}

/** Without the fields that hold nothing. */
function fieldLines(row: Row, indent: string): string[] {
  const names = Object.keys(row).filter((name) => cellOf(row[name]) !== '')
  const width = Math.max(0, ...names.map((name) => lengthOf(plain(name))))
  return names.flatMap((key) => {
    const [name, value] = [plain(key), row[key]]
    if (isRow(value) && Object.keys(value).length > 0) return [`${indent}${name}`, ...fieldLines(value, `${indent}  `)]
    const [first = '', ...others] = cellOf(value).split('\n')
    const margin = ' '.repeat(indent.length + width + 2)
    return [`${indent}${name}${' '.repeat(width - lengthOf(name) + 2)}${first}`.trimEnd(), ...others.map((text) => margin + text)]
  })
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return plain(typeof value === 'string' ? value : JSON.stringify(value))
}

function toRow(value: unknown): Row {
  return isRow(value) ? value : { value }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const letters = new Intl.Segmenter()

function lengthOf(text: string): number {
  return lettersOf(text).length
}

/** As a person counts them. */
function lettersOf(text: string): readonly string[] {
  return /^[ -~]*$/.test(text) ? text.split('') : Array.from(letters.segment(text), ({ segment }) => segment)
}

function cut(text: string, most: number): string {
  const all = lettersOf(text)
  return all.length <= most ? text : `${all.slice(0, most - 1).join('')}…`
}
