import { rate, rateNames, type Rates } from './rates.ts'

// Object.keys forgets literal keys.
const names = Object.keys(rateNames) as (keyof Rates)[]

/** The titles above them. */
export const rateColumns = names.map((name) => ({ title: rateNames[name], isNumber: true, ...classOf(name) }))

/** What a million tokens of each kind cost; a line where nobody says so. */
export function RateCells({ rates }: { rates: Rates | null }) {
  return names.map((name) => (
    <td key={name} data-number {...classOf(name)}>
      {rates ? rate(rates[name]) : '–'}
    </td>
  ))
}

/** A phone has room for what is asked most. */
function classOf(name: keyof Rates): { className?: string } {
  return name === 'inputMicros' || name === 'outputMicros' ? {} : { className: 'eng-wide' }
}
