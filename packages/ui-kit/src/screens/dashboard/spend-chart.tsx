import { useEngine } from '../../data/provider.tsx'
import { useOperation } from '../../data/use-operation.ts'
import { money } from '../../parts/format.ts'
import { Card } from '../../parts/screen.tsx'

const width = 480
const height = 96

/** What was spent each day, newest right; the exact figures stand in the table behind it. */
export function SpendChart() {
  const { companyId } = useEngine()
  const { data } = useOperation('costs.timeline', { companyId })
  const days = data?.days.slice(-30) ?? []
  if (days.length === 0) return null
  const most = Math.max(1, ...days.map(({ costMicros }) => costMicros))
  const step = width / Math.max(days.length, 7)
  return (
    <Card title="Spent each day">
      <figure className="eng-card-body">
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Spent each day, ${money(most)} at most`} className="eng-chart">
          {days.map(({ day, costMicros }, at) => {
            const size = Math.max(1, (costMicros / most) * (height - 4))
            return (
              <rect key={day} x={at * step + 1} y={height - size} width={Math.max(1, step - 2)} height={size} rx="2">
                <title>{`${day}: ${money(costMicros)}`}</title>
              </rect>
            )
          })}
        </svg>
      </figure>
    </Card>
  )
}
