import { count } from './format.ts'

interface Progress {
  readonly total: number
  readonly done: number
  readonly cancelled: number
  readonly percent: number
}

/** How far tasks are, as a bar and in words. */
export function ProgressLine({ of, label }: { of: Progress | undefined; label: string }) {
  if (!of) return null
  const wanted = of.total - of.cancelled
  return (
    <div className="eng-row">
      <progress className="eng-progress eng-grow" max={100} value={of.percent} aria-label={label} />
      <span className="eng-soft eng-small eng-nowrap">{wanted === 0 ? 'no tasks yet' : `${count(of.done)} of ${count(wanted)} done`}</span>
    </div>
  )
}
