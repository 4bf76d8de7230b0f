import type { Mutant } from '../mutant.ts'

const folder = 'packages/adapters/src/tool-server'
const inHostile = (test: string) => ({ file: `${folder}/hostile.test.ts`, test })
const inServer = (test: string) => ({ file: `${folder}/server.test.ts`, test })

/** Programs that use Engine while they work. */
export const programTools: readonly Mutant[] = [
  {
    name: 'the tools of a run are served to whoever brings any token',
    file: `${folder}/guard.ts`,
    find: '!isSame(authorization, `Bearer ${token}`)',
    replace: "!authorization.startsWith('Bearer ')",
    caughtBy: inHostile('nobody but the program gets in'),
  },
  {
    name: 'a page of a browser is led to the tools of a run',
    file: `${folder}/guard.ts`,
    find: 'if (asked !== host || ',
    replace: 'if (asked === undefined || ',
    caughtBy: inHostile('nobody but the program gets in > by the name evil.example'),
  },
  {
    name: 'the second end of a program takes back the first',
    file: `${folder}/calls.ts`,
    find: 'if (this.#ending !== null) return mistake',
    replace: 'if (this.#ending !== null && this.#isClosed) return mistake',
    caughtBy: inServer('the end of the work > is the first one, also of two at the same time'),
  },
  {
    name: 'a program goes on calling when its run is over',
    file: `${folder}/calls.ts`,
    find: "if (this.#isClosed) return mistake('The run is over.')",
    replace: '',
    caughtBy: inServer('closing waits for the call that was begun, makes none that wait'),
  },
  {
    name: 'the token of a program comes through what it writes',
    file: `${folder}/server.ts`,
    find: 'createRedactor([{ name: tokenVariable, value: token }])',
    replace: 'createRedactor([])',
    caughtBy: inServer('neither the token nor a secret of the run comes through'),
  },
  {
    name: 'a secret comes through where it is nested deep',
    file: 'packages/core/src/kernel/redactor.ts',
    find: 'if (depth > deepest) return tooDeep',
    replace: 'if (depth > deepest) return value',
    caughtBy: inServer('a secret comes through no deeper than input may be nested'),
  },
]
