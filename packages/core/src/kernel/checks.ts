import type { AdapterTestReport } from '../ports/adapter.ts'
import type { Redactor } from './redactor.ts'

type Check = AdapterTestReport['checks'][number]

const mostChecks = 50
const longestText = 2_000

/** What somebody's test says, as it may be shown. */
export function shownChecks(checks: readonly Check[], redactor: Redactor): Check[] {
  const clean = (text: string) => shownText(redactor, text, longestText)
  return checks.slice(0, mostChecks).map(({ name, status, message }) => ({ name: clean(name), status, message: clean(message) }))
}

/** A text from outside, without secrets before it is cut, and as every database can store it. */
export function shownText(redactor: Redactor, text: string, longest: number): string {
  return redactor.redact(text).slice(0, longest).toWellFormed().replaceAll('\0', '\u2400')
}
