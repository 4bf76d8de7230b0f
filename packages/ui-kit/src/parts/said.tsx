import { said } from '../data/said.ts'
import { shortMoment, timeFrom } from './format.ts'
import { useNow } from './time.tsx'

/** What the server says, in words for people. */
export function Said({ text }: { text: string }) {
  return said(text).map((part, index) => (typeof part === 'string' ? part : <Moment key={`${index} ${part.at}`} at={part.at} />))
}

/** Within a sentence, where how long ago it is would not fit. */
function Moment({ at }: { at: string }) {
  const ago = timeFrom(at, useNow())
  return (
    <time dateTime={at} title={ago}>
      {shortMoment(at)}
    </time>
  )
}
