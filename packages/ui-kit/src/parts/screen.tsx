import type { ReactNode } from 'react'

import { Unread } from './states.tsx'

/** A screen has a head that stays and a body that scrolls. */
export function Screen({
  title,
  actions,
  children,
  isPadded = false,
}: {
  title: ReactNode
  actions?: ReactNode
  children: ReactNode
  isPadded?: boolean
}) {
  return (
    <section className="eng-screen">
      <header className="eng-screen-head">
        <h1 className="eng-screen-title eng-grow">{title}</h1>
        {actions}
      </header>
      <Unread />
      {isPadded ? (
        <div className="eng-screen-body eng-pad" tabIndex={-1}>
          {children}
        </div>
      ) : (
        children
      )}
    </section>
  )
}

export function Card({ title, aside, children }: { title?: ReactNode; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="eng-card">
      {title !== undefined && (
        <header className="eng-card-head">
          <h2 className="eng-grow">{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  )
}

export function Json({ of }: { of: object }) {
  return <pre className="eng-diff">{JSON.stringify(of, null, 2)}</pre>
}

export function Facts({ of }: { of: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="eng-facts">
      {of.map(([name, value]) => (
        <div key={name} className="eng-fact">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
