import { setImmediate } from 'node:timers/promises'
import type { z } from 'zod'

import { EngineError, kernelErrors } from '../kernel/errors.ts'
import { messageOf } from '../kernel/failure.ts'
import { parseInput } from '../kernel/input.ts'
import {
  companyFile,
  heads,
  kinds,
  longestBody,
  places,
  Sidecar,
  sidecarFile,
  Slug,
  type Content,
  type Entries,
  type Entry,
  type Kind,
  type PackageFile,
} from './format.ts'
import { problemsOfReferences } from './references.ts'
import { createParser, type Parse } from './yaml.ts'

interface Problem {
  readonly path: string
  readonly message: string
}

export interface ReadPackage {
  readonly content: Content
  /** Files that say nothing to us. */
  readonly ignored: readonly string[]
}

/** Reads a package. @throws `invalid_input` naming each file that is wrong, and why */
export async function readPackage(files: readonly PackageFile[]): Promise<ReadPackage> {
  const reader = new Reader(await createParser())
  const content = await reader.read(files)
  if (!content) throw unreadable(reader.problems)
  return { content, ignored: reader.ignored }
}

function unreadable(problems: readonly Problem[]): EngineError {
  const told = problems.slice(0, 3).map(({ path, message }) => `${path}: ${message}`)
  const more = problems.length > told.length ? ` And ${problems.length - told.length} more.` : ''
  return new EngineError(kernelErrors.invalid_input, `This package can not be read. ${told.join(' ')}${more}`, {
    details: { errors: problems.map(({ path, message }) => ({ path, message })) },
  })
}

type Drafts = { [Of in Kind]: Entry<Of>[] }

class Reader {
  readonly problems: Problem[] = []
  readonly ignored: string[] = []
  private readonly parse: Parse

  constructor(parse: Parse) {
    this.parse = parse
  }

  async read(files: readonly PackageFile[]): Promise<Content | null> {
    const paths = new Set<string>()
    const entries: Drafts = { agent: [], goal: [], project: [], skill: [], routine: [], task: [] }
    let company: Content['company'] | null = null
    let sidecar: Sidecar = { schema: 'engine.sidecar/v1' }
    for (const file of files) {
      if (paths.has(file.path)) this.problem(file.path, 'It is there twice.')
      paths.add(file.path)
      if (file.path === companyFile) company = this.document(file, heads.company, longestBody.company)
      else if (file.path === sidecarFile) sidecar = this.fields(file.path, file.content, Sidecar) ?? sidecar
      else if (!this.entry(file, entries)) this.ignored.push(file.path)
      // A package is as long as a stranger made it, and others are served between its files.
      await setImmediate()
    }
    if (!company && !paths.has(companyFile)) this.problem(companyFile, 'A package has this file at its top; it is missing.')
    if (!company) return null
    const content = { company, entries: inOrder(entries), sidecar }
    this.problems.push(...problemsOfReferences(content))
    return this.problems.length > 0 ? null : content
  }

  private problem(path: string, message: string): null {
    this.problems.push({ path, message })
    return null
  }

  /** Whether a file is one of a package, also when something is wrong with it. */
  private entry(file: PackageFile, entries: Drafts): boolean {
    const found = placeOf(file.path)
    if (!found) return false
    if (![found.slug, ...(found.project === null ? [] : [found.project])].every((slug) => Slug.safeParse(slug).success))
      this.problem(file.path, 'Its folder is named by small letters, digits and -.')
    else this.add(file, found, entries)
    return true
  }

  private add<Of extends Kind>(file: PackageFile, found: Place<Of>, entries: Drafts): void {
    const { kind, slug, project } = found
    // The head of a kind is read by the schema of that kind.
    const read = this.document(file, heads[kind] as z.ZodType, longestBody[kind]) as Pick<Entry<Of>, 'head' | 'body'> | null
    if (!read) return
    if (entries[kind].some((entry) => entry.slug === slug)) this.problem(file.path, `There is another ${kind} in a folder ${slug}.`)
    else (entries[kind] as Entry<Of>[]).push({ slug, project, ...read })
  }

  private document<Schema extends z.ZodType>({ path, content }: PackageFile, schema: Schema, longest: number) {
    const parts = partsOf(content)
    if (!parts) return this.problem(path, 'It begins with a head of YAML between two lines of ---.')
    if (parts.body.length > longest) return this.problem(path, `The text below its head has more than ${longest} characters.`)
    const fields = this.fields(path, parts.head, schema)
    return fields === null ? null : { head: fields, body: parts.body }
  }

  private fields<Schema extends z.ZodType>(path: string, text: string, schema: Schema): z.output<Schema> | null {
    let value: unknown
    try {
      value = this.parse(text)
    } catch (error) {
      return this.problem(path, `It is no YAML: ${messageOf(error).split('\n')[0]}`)
    }
    try {
      // YAML has ways to write what no database stores.
      return parseInput(schema, value)
    } catch (error) {
      if (!EngineError.isInstance(error)) throw error
      return this.problem(path, error.message)
    }
  }
}

/** The head between the first line and the next one of ---, and what stands below. Pure. */
function partsOf(content: string): { head: string; body: string } | null {
  const begin = /^---[ \t]*\r?\n/.exec(content)?.[0].length
  if (begin === undefined) return null
  const rest = content.slice(begin)
  const end = /(?:^|\n)---[ \t]*(?:\r?\n|$)/.exec(rest)
  if (!end) return null
  const body = rest.slice(end.index + end[0].length)
  return { head: rest.slice(0, end.index), body: body.replace(/^\r?\n/, '').replace(/\r?\n$/, '') }
}

interface Place<Of extends Kind = Kind> {
  readonly kind: Of
  readonly slug: string
  readonly project: string | null
}

function placeOf(path: string): Place | null {
  const names = path.split('/')
  const project = names.length === 5 && names[0] === 'projects' ? (names[1] ?? '') : null
  const [folder, slug = '', file] = project === null ? names : names.slice(2)
  const kind = kinds.find((one) => places[one].folder === folder && places[one].file === file)
  const isNested = project !== null
  if (!kind || names.length !== (isNested ? 5 : 3) || (isNested && kind !== 'task')) return null
  return { kind, slug, project }
}

/** As they are made: `bob` before `bob-2`, and that before `bob-10`; a company has a goal of its own before any other. */
function inOrder(entries: Drafts): Entries {
  const compare = (left: Entry, right: Entry) => left.slug.localeCompare(right.slug, 'en', { numeric: true })
  for (const kind of kinds) entries[kind].sort(compare)
  const isOther = ({ head: { level, parent } }: Entry<'goal'>) => Number(level !== 'company' || parent !== undefined)
  entries.goal.sort((left, right) => isOther(left) - isOther(right))
  return entries
}
