import { boundaries } from './boundaries.ts'
import { bounds } from './bounds.ts'
import { callers } from './callers.ts'
import type { SecurityPromise } from './promise.ts'

/** The security list, in its order: docs/security-proof.md is made from it, test/security-proof.test.ts holds it to the tests that there are. */
export const securityPromises: readonly SecurityPromise[] = [...callers, ...boundaries, ...bounds].toSorted(
  (left, right) => numberOf(left) - numberOf(right),
)

function numberOf({ id }: SecurityPromise): number {
  return Number(id.slice(1))
}
