import type { Mutant } from '../mutant.ts'

const knowledge = (test: string) => ({ file: 'test/knowledge.test.ts', test })
const embeddings = (test: string) => ({ file: 'test/knowledge-embeddings.test.ts', test })
const preferences = (test: string) => ({ file: 'test/preferences.test.ts', test })

export const knowledgeFaults: readonly Mutant[] = [
  {
    name: 'knowledge: a task without a project is given that of all projects',
    file: 'packages/core/src/knowledge/context.ts',
    find: 'task.project_id ?? companyId',
    replace: 'task.project_id',
    caughtBy: knowledge('on sqlite, knowledge > of its project and company is what a task is given'),
  },
  {
    name: 'knowledge: a moved entry keeps its place in the search',
    file: 'packages/core/src/knowledge/search-entry.ts',
    find: 'placeMark(row.project_id ?? row.company_id)',
    replace: 'placeMark(row.company_id)',
    caughtBy: knowledge('on sqlite, knowledge > follows what an entry says and where it belongs'),
  },
  {
    name: 'knowledge: a deleted entry is still found',
    file: 'packages/core/src/knowledge/commands.ts',
    find: "await removeSearchEntry(context, { type: 'knowledge', id: entry.id })",
    replace: '',
    caughtBy: knowledge('on sqlite, knowledge > follows what an entry says and where it belongs'),
  },
  {
    name: 'knowledge: a key without the right finds it by a search of everything',
    file: 'packages/core/src/search/queries.ts',
    find: 'may(context, readBy[type])',
    replace: 'type',
    caughtBy: knowledge('on sqlite, knowledge > is among what a search of everything finds'),
  },
  {
    name: 'knowledge: what is near by its meaning is of any project',
    file: 'packages/core/src/knowledge/vectors.ts',
    find: "e.or([e('e.project_id', 'is', null), e('e.project_id', '=', given.projectId)])",
    replace: "e('e.id', '<>', given.projectId)",
    caughtBy: embeddings('on sqlite, with an embedder, knowledge > of another project or company is not near'),
  },
  {
    name: 'knowledge: a vector of an earlier version counts',
    file: 'packages/core/src/knowledge/vectors.ts',
    find: ".onRef('e.version', '=', 'v.entry_version')",
    replace: '',
    caughtBy: embeddings('on sqlite, with an embedder, knowledge > that changed is found by what it means now'),
  },
  {
    name: 'knowledge: an entry that fails is tried before all others',
    file: 'packages/core/src/knowledge/backlog.ts',
    find: 'failedNow.has(id) || ',
    replace: '',
    caughtBy: {
      file: 'packages/core/src/knowledge/backlog.test.ts',
      test: 'what is to be embedded > is tried one by one after a batch failed',
    },
  },
  {
    name: 'knowledge: a provider is asked inside a transaction of the host',
    file: 'packages/core/src/join.ts',
    find: ', embedder: null',
    replace: '',
    caughtBy: embeddings('a provider is never asked while a transaction of the host is open'),
  },
  {
    name: 'preferences: an admin says what a person prefers',
    file: 'packages/core/src/preferences/owner.ts',
    find: "actor.kind === 'user' && actor.id === scopeId",
    replace: "actor.kind === 'user'",
    caughtBy: preferences('on sqlite, preferences > of a person are theirs to say'),
  },
  {
    name: 'preferences: the furthest task decides',
    file: 'packages/core/src/preferences/resolve.ts',
    find: 'one.distance < other.distance',
    replace: 'one.distance > other.distance',
    caughtBy: preferences('on sqlite, preferences > count from the nearest that says something'),
  },
]
