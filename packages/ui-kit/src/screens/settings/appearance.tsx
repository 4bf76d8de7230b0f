import type { Company } from '@engine/core/contract'

import { Button } from '../../parts/button.tsx'
import { useHost } from '../../parts/host.tsx'
import type { Theme } from '../../parts/root.tsx'
import { Card } from '../../parts/screen.tsx'
import { useExactTimes } from '../../parts/time.tsx'

const themes = [
  ['system', 'As the system has it'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const satisfies readonly (readonly [Theme, string])[]

/** What is kept in this browser alone: the theme, and which company is looked at. */
export function Appearance({ company }: { company: Company }) {
  const { appearance, companies } = useHost()
  const others = companies?.all.filter(({ id }) => id !== company.id) ?? []
  if (!appearance && others.length === 0) return null
  return (
    <Card title="On this screen">
      <div className="eng-card-body eng-stack">
        {appearance && <Times />}
        {appearance && (
          <div className="eng-row eng-row-wrap" role="group" aria-label="Theme">
            {themes.map(([theme, title]) => (
              <Button key={theme} aria-pressed={appearance.theme === theme} onClick={() => appearance.set(theme)}>
                {title}
              </Button>
            ))}
          </div>
        )}
        {others.length > 0 && (
          <div className="eng-row eng-row-wrap" role="group" aria-label="Another company">
            <span className="eng-soft">Look at</span>
            {others.map((other) => (
              <Button key={other.id} onClick={() => companies?.open(other)}>
                <span className="eng-cut">{other.name}</span>
              </Button>
            ))}
          </div>
        )}
      </div>
    </Card>
  )
}

function Times() {
  const [isExact, setIsExact] = useExactTimes()
  return (
    <div className="eng-row eng-row-wrap" role="group" aria-label="Times">
      <Button aria-pressed={!isExact} onClick={() => setIsExact(false)}>
        How long ago
      </Button>
      <Button aria-pressed={isExact} onClick={() => setIsExact(true)}>
        Date and time
      </Button>
    </div>
  )
}
