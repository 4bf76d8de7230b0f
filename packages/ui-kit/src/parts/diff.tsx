import { diffLines } from './diff-lines.ts'

export function Diff({ patch }: { patch: string }) {
  return (
    <pre className="eng-diff" role="figure" aria-label="Changes" tabIndex={0}>
      {diffLines(patch).map(({ kind, text }, at) => (
        // Lines have no identity but their place.
        <span key={at} className="eng-diff-line" data-kind={kind}>
          {text}
        </span>
      ))}
    </pre>
  )
}
