import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { isKnownTo, type AdapterCatalog } from '../kernel/adapters.ts'
import { canonicalJson, sha256 } from '../kernel/json.ts'
import { nameKey } from '../labels/table.ts'
import { kinds, type Content, type Entry, type Head, type Kind, type PackageFile } from './format.ts'
import { readPackage, type ReadPackage } from './read.ts'
import { readRows } from './rows.ts'
import type { Collisions, ImportItem, ImportPreview } from './schema.ts'

/** What an import does, before it does it. */
export interface Plan {
  readonly content: Content
  readonly items: readonly ImportItem[]
  readonly ignored: readonly string[]
  readonly hash: string
}

interface Target {
  /** Null for a company that is founded by it. */
  readonly companyId: string | null
  readonly collisions: Collisions
}

/** What of a kind there is in a company already, by its name. */
type Present = Readonly<Record<Kind | 'label', ReadonlyMap<string, string>>>

/** What of a package a plan is made of. */
export interface Given extends ReadPackage {
  /** Of the files. */
  readonly hash: string
}

/** Reads a package, outside of any transaction. @throws `invalid_input` for one that can not be read */
export async function openPackage(files: readonly PackageFile[]): Promise<Given> {
  const inOrder = files.toSorted((left, right) => (left.path < right.path ? -1 : 1))
  return { ...(await readPackage(files)), hash: sha256(canonicalJson(inOrder)) }
}

export async function planImport(db: Kysely<Database>, { content, ignored, hash }: Given, target: Target): Promise<Plan> {
  const present = target.companyId === null ? nothingPresent : await readPresent(db, target.companyId)
  const items = [...labelItems(content, present), ...kinds.flatMap((kind) => itemsOf(kind, content, { present, ...target }))]
  return { content, items, ignored, hash: sha256(canonicalJson({ ...target, package: hash, items })) }
}

const nothingPresent: Present = {
  agent: new Map(),
  goal: new Map(),
  project: new Map(),
  skill: new Map(),
  routine: new Map(),
  task: new Map(),
  label: new Map(),
}

async function readPresent(db: Kysely<Database>, companyId: string): Promise<Present> {
  const rows = await readRows(db, companyId)
  const byName = (things: readonly { id: string; name: string }[]) =>
    new Map(things.toReversed().map(({ id, name }) => [nameKey(name), id]))
  const titled = (things: readonly { id: string; title: string }[]) => things.map(({ id, title }) => ({ id, name: title }))
  return {
    agent: byName(rows.agents),
    goal: byName(titled(rows.goals)),
    project: byName(rows.projects),
    skill: byName(titled(rows.knowledge)),
    routine: byName(rows.routines),
    task: byName(titled(rows.tasks)),
    label: new Map(rows.labels.map(({ id, name_key: key }) => [key, id])),
  }
}

/** A label is its name: the one that is here serves as well. */
function labelItems({ company }: Content, present: Present): ImportItem[] {
  const keys = new Map((company.head.labels ?? []).map(({ name }) => [nameKey(name), name]))
  return [...keys].map(([key, name]) => {
    const id = present.label.get(key) ?? null
    return { kind: 'label', slug: name, name, action: id === null ? 'create' : 'skip', id }
  })
}

/** Agents and routines are told apart by their names. */
const hasUniqueNames = (kind: Kind) => kind === 'agent' || kind === 'routine'

function itemsOf(kind: Kind, { entries }: Content, given: { present: Present; collisions: Collisions }): ImportItem[] {
  const present = given.present[kind]
  const taken = new Set(present.keys())
  return entries[kind].map((entry) => {
    const { slug } = entry
    const name = nameOf(entry)
    const id = present.get(nameKey(name)) ?? null
    if (id !== null && given.collisions !== 'rename') return { kind, slug, name, action: given.collisions, id }
    const isTaken = id !== null || (hasUniqueNames(kind) && taken.has(nameKey(name)))
    const called = isTaken ? freeName(name, taken) : name
    taken.add(nameKey(called))
    return { kind, slug, name: called, action: isTaken ? 'rename' : 'create', id: null }
  })
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let number = 2; ; number += 1) {
    const free = `${name.slice(0, 190)} ${number}`
    if (!taken.has(nameKey(free))) return free
  }
}

function nameOf({ head }: Entry): string {
  return 'title' in head && !('name' in head) ? String(head.title) : String((head as Head<'agent'>).name)
}

/** What is shown of a plan before anybody agrees to it. */
export function showPlan({ content, items, ignored, hash }: Plan, adapters: AdapterCatalog): ImportPreview {
  const { agents = {}, requirements = {} } = content.sidecar
  return {
    hash,
    name: content.company.head.name,
    items: [...items],
    ignored: [...ignored],
    needs: {
      adapters: Object.entries(agents).map(([agent, { adapterType }]) => ({
        agent,
        adapterType,
        isKnown: isKnownTo(adapters, adapterType),
      })),
      secrets: requirements.secrets ?? [],
      environment: Object.entries(requirements.environment ?? {}).map(([project, names]) => ({ project, names })),
    },
  }
}
