import { useDeferredValue } from 'react'

import { explain } from '../data/failure.ts'
import { useEngine } from '../data/provider.tsx'
import { useTold } from '../data/unread.ts'
import { useOperation } from '../data/use-operation.ts'
import { moment } from './format.ts'

/** The next three times of a schedule, while it is being written. */
export function NextTimes(given: { expression: string; timeZone: string }) {
  const { companyId } = useEngine()
  const expression = useDeferredValue(given.expression.trim())
  const timeZone = useDeferredValue(given.timeZone.trim())
  const isAsked = expression !== '' && timeZone !== ''
  const { data, error } = useOperation('routines.preview', isAsked ? { companyId, expression, timeZone, count: 3 } : null)
  useTold(error)
  if (!isAsked) return null
  if (error) return <p className="eng-bad">{explain(error).message}</p>
  return (
    <div aria-live="polite">
      <p className="eng-field-label">Next times</p>
      <ol aria-label="Next times">
        {(data?.items ?? []).map((at) => (
          <li key={at}>
            <time dateTime={at}>{moment(at)}</time>
          </li>
        ))}
      </ol>
    </div>
  )
}
