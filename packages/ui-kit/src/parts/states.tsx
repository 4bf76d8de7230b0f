import { Component, type ReactNode } from 'react'

import { explain } from '../data/failure.ts'
import { useTold, useUnread } from '../data/unread.ts'
import type { Reading } from '../data/use-operation.ts'
import { Button } from './button.tsx'

/** Nothing is here: why that is, and what comes next. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="eng-empty">
      <p className="eng-strong eng-empty-title">{title}</p>
      {children !== undefined && <p className="eng-soft">{children}</p>}
      {action}
    </div>
  )
}

interface FailureProps {
  readonly error: unknown
  onRetry?(): void
}

/** Why something failed, in its place. */
export function FailureNotice(props: FailureProps) {
  useTold(props.error)
  return <Notice {...props} />
}

/** What of a screen could not be read, and why, where it does not say so itself: left out it would look as if there were nothing. */
export function Unread() {
  const unread = useUnread()
  if (!unread) return null
  const { names, error, retry } = unread
  return (
    <div className="eng-unread">
      <Notice error={error} onRetry={retry} heading={`Could not be read: ${names.join(', ')}`} />
    </div>
  )
}

function Notice({ error, onRetry, heading }: FailureProps & { heading?: string }) {
  const { title, message, facts, requestId, canTryAgain } = explain(error)
  return (
    <div className="eng-notice" role="alert">
      <p className="eng-strong">{heading ?? title}</p>
      <p>{message}</p>
      {facts.map((fact) => (
        <p key={fact}>{fact}</p>
      ))}
      {requestId !== null && <p className="eng-soft eng-small eng-mono">Request {requestId}</p>}
      {onRetry && canTryAgain && (
        <div>
          <Button onClick={onRetry}>Try again</Button>
        </div>
      )}
    </div>
  )
}

/** What an address names and a list does not have: it was taken away, or is not read yet. */
export function NotThere() {
  return <Empty title="It is not here">It may have been taken away. What is here stands in the list.</Empty>
}

export function Loading({ what = 'Loading' }: { what?: string }) {
  return (
    <p className="eng-empty eng-soft" role="status">
      {what}…
    </p>
  )
}

/** Shows what was read, or why it was not. */
export function Read<Data>({ of, children }: { of: Reading<Data>; children: (data: Data) => ReactNode }) {
  if (of.data !== undefined) return children(of.data)
  if (of.error)
    return (
      <div className="eng-pad">
        <FailureNotice error={of.error} onRetry={of.retry} />
      </div>
    )
  return <Loading />
}

interface BoundaryProps {
  /** Says what is shown: something else is tried anew after a failure. */
  readonly of: string
  readonly children: ReactNode
}

/** Keeps a defect in one screen from taking the others with it. */
export class Boundary extends Component<BoundaryProps, { error: unknown }> {
  override state: { error: unknown } = { error: null }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override componentDidUpdate(before: BoundaryProps) {
    if (before.of !== this.props.of && this.state.error !== null) this.setState({ error: null })
  }

  override render() {
    if (this.state.error === null) return this.props.children
    return (
      <div className="eng-pad">
        <FailureNotice error={this.state.error} onRetry={() => this.setState({ error: null })} />
      </div>
    )
  }
}
