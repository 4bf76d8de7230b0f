import { kinds, places, type Content, type Entry, type Kind } from './format.ts'

interface Reference {
  /** Where it is named: the field of a head. */
  readonly field: string
  readonly kind: Kind
  readonly slug: string
}

/** What an entry names of its package. Pure. */
function referencesOf(kind: Kind, entry: Entry): Reference[] {
  const named = (field: string, of: Kind, slug: string | undefined | null): Reference[] => (slug ? [{ field, kind: of, slug }] : [])
  switch (kind) {
    case 'agent':
      return named('reportsTo', 'agent', headOf<'agent'>(entry).reportsTo)
    case 'goal': {
      const { parent, owner } = headOf<'goal'>(entry)
      return [...named('parent', 'goal', parent), ...named('owner', 'agent', owner)]
    }
    case 'project': {
      const { goal, lead, defaultAgent } = headOf<'project'>(entry)
      return [...named('goal', 'goal', goal), ...named('lead', 'agent', lead), ...named('defaultAgent', 'agent', defaultAgent)]
    }
    case 'skill':
      return named('project', 'project', headOf<'skill'>(entry).project)
    case 'routine': {
      const { assignee, project, goal } = headOf<'routine'>(entry).task
      return [
        ...named('task.assignee', 'agent', assignee),
        ...named('task.project', 'project', project),
        ...named('task.goal', 'goal', goal),
      ]
    }
    case 'task': {
      const { assignee, goal, parent, blockedBy = [] } = headOf<'task'>(entry)
      return [
        ...named('its folder', 'project', entry.project),
        ...named('assignee', 'agent', assignee),
        ...named('goal', 'goal', goal),
        ...named('parent', 'task', parent),
        ...blockedBy.flatMap((slug) => named('blockedBy', 'task', slug)),
      ]
    }
  }
}

/** An entry of a kind has the head of that kind. */
function headOf<Of extends Kind>(entry: Entry): Entry<Of>['head'] {
  return entry.head as Entry<Of>['head']
}

export function problemsOfReferences({ company, entries, sidecar }: Content): { path: string; message: string }[] {
  const slugs = new Map(kinds.map((kind) => [kind, new Set(entries[kind].map(({ slug }) => slug))]))
  const missing = (path: string, { field, kind, slug }: Reference) =>
    slugs.get(kind)?.has(slug) ? [] : [{ path, message: `${field}: there is no ${kind} in the folder ${places[kind].folder}/${slug}.` }]
  const ofEntries = kinds.flatMap((kind) => {
    const pathOf = (slug: string) => `${places[kind].folder}/${slug}/${places[kind].file}`
    const { circular } = orderOf(kind, entries[kind])
    return [
      ...entries[kind].flatMap((entry) => referencesOf(kind, entry).flatMap((reference) => missing(pathOf(entry.slug), reference))),
      ...circular.map((slug) => ({ path: pathOf(slug), message: 'It comes before itself, by way of what it names.' })),
    ]
  })
  const { defaultAgent } = company.head
  const ofCompany = defaultAgent ? missing('COMPANY.md', { field: 'defaultAgent', kind: 'agent', slug: defaultAgent }) : []
  const configured = Object.keys(sidecar.agents ?? {})
  const ofSidecar = configured.flatMap((slug) => missing('engine.yaml', { field: `agents.${slug}`, kind: 'agent', slug }))
  return [...ofCompany, ...ofSidecar, ...ofEntries]
}

interface Order<Of extends Kind> {
  /** Those that others name come first; otherwise as they were. */
  readonly sorted: readonly Entry<Of>[]
  /** What names itself by way of others. */
  readonly circular: readonly string[]
}

/** In which order entries of one kind can be made. Pure. */
export function orderOf<Of extends Kind>(kind: Of, entries: readonly Entry<Of>[]): Order<Of> {
  const bySlug = new Map(entries.map((entry) => [entry.slug, entry]))
  const namesOf = (entry: Entry<Of>) =>
    referencesOf(kind, entry).flatMap((reference) => (reference.kind === kind ? (bySlug.get(reference.slug) ?? []) : []))
  const [sorted, circular] = [new Set<Entry<Of>>(), new Set<string>()]
  for (const entry of entries) {
    // What is being placed, each with what it still waits for.
    const path = [{ entry, waitsFor: namesOf(entry) }]
    for (let last = path.at(-1); last; last = path.at(-1)) {
      const next = last.waitsFor.shift()
      if (!next) sorted.add(last.entry)
      if (!next) path.pop()
      else if (path.some((one) => one.entry === next)) circular.add(next.slug)
      else if (!sorted.has(next)) path.push({ entry: next, waitsFor: namesOf(next) })
    }
  }
  return { sorted: [...sorted], circular: [...circular] }
}
