import type { PluginCapabilities } from '@engine/core/contract'

import { Card } from '../../parts/screen.tsx'

interface CapabilitiesProps {
  readonly of: PluginCapabilities
  /** What was approved is approved with this. */
  readonly hash: string
  readonly kind: 'trusted' | 'isolated'
}

const parts = [
  ['Sends requests to', 'hosts'],
  ['Calls', 'operations'],
  ['Is told of', 'events'],
  ['Secrets stand in', 'secrets'],
  ['Shows something at', 'slots'],
] as const

/** What a plugin may reach outside of itself. */
export function Capabilities({ of, hash, kind }: CapabilitiesProps) {
  const said = parts.filter(([, name]) => of[name].length > 0)
  const mark = (
    <code className="eng-soft eng-small" title={hash}>
      {hash.slice(0, 12)}
    </code>
  )
  return (
    <Card title="What it may reach" aside={mark}>
      <div className="eng-card-body eng-stack">
        {kind === 'trusted' && (
          <p className="eng-soft">It is part of the program, which is trusted as a whole; this is what it says of itself.</p>
        )}
        {said.length === 0 && <p>Nothing outside of itself.</p>}
        <dl className="eng-facts">
          {said.map(([title, name]) => (
            <div key={name} className="eng-fact">
              <dt>{title}</dt>
              <dd className="eng-row eng-row-wrap">
                {of[name].map((each) => (
                  <code key={each} className="eng-tag">
                    {each}
                  </code>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </Card>
  )
}
