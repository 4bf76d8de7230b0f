import { lazy, Suspense } from 'react'

// It is the largest part, and most screens show none.
const MarkdownText = lazy(() => import('./markdown.tsx'))

export function Prose({ text, contentType = 'text/markdown' }: { text: string; contentType?: string }) {
  if (contentType !== 'text/markdown') return <pre className="eng-diff">{text}</pre>
  return (
    <div className="eng-prose">
      <Suspense fallback={<Unset text={text} />}>
        <MarkdownText text={text} />
      </Suspense>
    </div>
  )
}

/** The text as it was written, until what sets it is there. */
function Unset({ text }: { text: string }) {
  return (
    <p className="eng-unset" data-loading>
      {text.slice(0, 2_000)}
    </p>
  )
}
