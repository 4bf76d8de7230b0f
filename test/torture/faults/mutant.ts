import type { StorageName } from '../loop.ts'
import { fileOfLoop } from '../slices.ts'

/** One fault, as a change of one place, and the test that must turn red because of it. */
export interface Mutant {
  readonly name: string
  readonly file: string
  /** Every occurrence of this text … */
  readonly find: string
  /** … becomes this. */
  readonly replace: string
  /** `test` is a part of its full name, in which groups are followed by ` > `. */
  readonly caughtBy: { readonly file: string; readonly test: string }
  /** Tried in continuous integration too. */
  readonly isQuick?: true
}

const conformance = (storage: string) => (test: string) => ({ file: `test/conformance-${storage}.test.ts`, test })
/** A test of the conformance suite, by a part of its own name. */
export const onSqlite = conformance('sqlite')
export const onPostgres = conformance('postgres')
export const inRaces = (test: string) => ({ file: 'test/races.test.ts', test })
/** A slice of a torture loop. */
export const inLoop = (loop: `${string} on ${StorageName}`) => ({
  file: fileOfLoop(loop.replace(/ on .*/, '')),
  test: `${loop} find nothing wrong`,
})
