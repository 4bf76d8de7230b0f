import { LineCounter, parseDocument, type Document } from 'yaml'
import { z } from 'zod'

/** Where something stands in the file: names of members, and places in lists. */
export type Path = readonly (string | number)[]

export interface Problem {
  readonly path: Path
  readonly message: string
}

const Entry = z.record(z.string(), z.json())
const Entries = z.array(Entry).default([])
const lists = { secrets: Entries, agents: Entries, goals: Entries, projects: Entries, routines: Entries, budgets: Entries }
const Company = z.object({ name: z.string().trim().min(1), ...lists }).catchall(z.json())
const Bootstrap = z.strictObject({ schema: z.literal('engine.bootstrap/v1'), companies: z.array(Company).min(1) })

export type CompanyEntry = z.output<typeof Company>

/** What a file of YAML says there is to be, and where each of it stands. */
export interface BootstrapFile {
  readonly companies: readonly CompanyEntry[]
  /** Such as `company.yaml:12:5`, of what is nearest to a path. */
  placeOf(path: Path): string
  /** The error that tells of problems, each with its line. */
  refuse(problems: readonly Problem[]): Error
}

const mostProblems = 10

/** Reads such a file. @throws with each line that is wrong, and why */
export function readBootstrap(text: string, name: string): BootstrapFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  const [broken] = document.errors
  if (broken) throw new Error(`${at(broken.pos[0])}: ${broken.message.split('\n')[0] ?? ''}`)
  const placeOf = (path: Path) => at(offsetOf(document, path))
  const refuse = (problems: readonly Problem[]) => {
    const told = problems.slice(0, mostProblems).map(({ path, message }) => `${placeOf(path)}: ${wordsOf(path)}${message}`)
    const more = problems.length > told.length ? [`and ${problems.length - told.length} more`] : []
    return new Error([...told, ...more].join('\n'))
  }
  const read = Bootstrap.safeParse(document.toJS())
  if (!read.success) throw refuse(problemsOf(read.error))
  return { companies: read.data.companies, placeOf, refuse }
}

/** What a schema says is wrong, each at the member that it is about. */
export function problemsOf({ issues }: z.ZodError): Problem[] {
  return issues.flatMap((issue) => {
    // Members that zod looked at have names and places, no symbols.
    const path = issue.path as (string | number)[]
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
    return issue.keys.map((key) => ({ path: [...path, key], message: 'There is no such member.' }))
  })
}

/** As far as a path leads: what is missing has the line of what it is missing in. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    const range: unknown = Object(node).range
    if (Array.isArray(range) && typeof range[0] === 'number') return range[0]
  }
  return 0
}

function wordsOf(path: Path): string {
  return path.length === 0 ? '' : `${path.join('.')}: `
}
