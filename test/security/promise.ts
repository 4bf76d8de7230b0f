import type { NamedTest } from '../requirements/requirement.ts'

/** One thing that the security list promises, the tests that show it, and what of it no test shows. */
export interface SecurityPromise {
  readonly id: `S${number}`
  readonly title: string
  /** What anybody may rely on. */
  readonly promise: string
  readonly shownBy: readonly NamedTest[]
  /** What a reader could take for promised, and no test shows; left out where nothing is. */
  readonly notShown?: string
}
