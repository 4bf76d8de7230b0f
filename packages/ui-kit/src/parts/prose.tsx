import { lazy, Suspense } from 'react'

// It is the largest part, and most screens show none.
const MarkdownText = lazy(() => import('./markdown.tsx'))

export function Prose({ text, contentType = 'text/markdown' }: { text: string; contentType?: string }) {
  if (contentType !== 'text/markdown') return <pre className="eng-diff">{text}</pre>
  return (
    <div className="eng-prose">
      <Suspense fallback={<p>{text.slice(0, 2_000)}</p>}>
        <MarkdownText text={text} />
      </Suspense>
    </div>
  )
}
