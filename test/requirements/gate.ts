import type { DeclaredTest } from './named-tests.ts'
import { capabilities, type NamedTest, type Requirement } from './requirement.ts'

/** What the requirements are held against. */
export interface Facts {
  /** The tests of a file; null where there is no such file. */
  testsOf(file: string): readonly DeclaredTest[] | null
  readonly operations: readonly string[]
  readonly events: readonly string[]
}

/** Everything that is wrong with a list of requirements, in words that say where; empty when it holds. */
export function problemsOf(requirements: readonly Requirement[], facts: Facts): string[] {
  return [
    ...repeated(requirements.map(({ id }) => id)).map((id) => `${id} is there twice`),
    ...requirements.flatMap((requirement) => problemsOfOne(requirement, facts)),
    ...unused(requirements),
    ...uncited('operation', facts.operations, cited(requirements, 'operations')),
    ...uncited('event', facts.events, cited(requirements, 'events')),
  ]
}

function problemsOfOne(requirement: Requirement, facts: Facts): string[] {
  const { id, verifiedBy, later } = requirement
  const isVerified = verifiedBy !== undefined
  const problems = isVerified === (later !== undefined) ? ['needs either a test or the capability that brings it'] : []
  if (verifiedBy) problems.push(...problemsOfTest(verifiedBy, facts))
  if (later !== undefined && !(later in capabilities)) problems.push(`names the capability ${String(later)}, which is none`)
  if (isVerified) {
    problems.push(...unknown('operation', requirement.operations, facts.operations))
    problems.push(...unknown('event', requirement.events, facts.events))
  }
  if (!/^[a-z]+(\.[a-z0-9-]+)+$/.test(id)) problems.push('has an id that is not dotted words')
  if (requirement.behaviour === '' || requirement.source === '') problems.push('says not what it is, or not where it is promised')
  return problems.map((problem) => `${id} ${problem}`)
}

/** What is wrong with the name of a test: it is not there, is not one test only, or does not run. */
export function problemsOfTest({ file, test }: NamedTest, facts: Pick<Facts, 'testsOf'>): string[] {
  const declared = facts.testsOf(file)
  if (!declared) return [`names the file ${file}, which there is not`]
  const found = declared.filter(({ name }) => name.includes(test))
  // A whole name may be the beginning of another one.
  const exact = found.filter(({ name }) => name === test)
  const [only] = exact.length > 0 ? exact : found
  if (!only) return [`names the test "${test}", which ${file} has not`]
  if (exact.length === 0 && found.length > 1) return [`names the test "${test}", which fits ${found.length} tests of ${file}`]
  return only.isOff ? [`names the test "${test}" of ${file}, which does not run`] : []
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}

function unused(requirements: readonly Requirement[]): string[] {
  const used = new Set<string | undefined>(requirements.map(({ later }) => later))
  return Object.keys(capabilities).flatMap((name) => (used.has(name) ? [] : [`the capability ${name} brings nothing any more`]))
}

/** Only a test can answer for what is there. */
function cited(requirements: readonly Requirement[], field: 'operations' | 'events'): Set<string> {
  return new Set(requirements.flatMap((requirement) => (requirement.verifiedBy ? (requirement[field] ?? []) : [])))
}

function uncited(what: string, names: readonly string[], used: ReadonlySet<string>): string[] {
  return names.flatMap((name) => (used.has(name) ? [] : [`the ${what} ${name} is required by nothing that a test verifies`]))
}

function unknown(what: string, names: readonly string[] = [], known: readonly string[]): string[] {
  return names.flatMap((name) => (known.includes(name) ? [] : [`cites the ${what} ${name}, which there is not`]))
}
