import { useEngine } from '../../data/provider.tsx'
import { useOperation } from '../../data/use-operation.ts'
import { DayChart } from '../../parts/day-chart.tsx'
import { money } from '../../parts/format.ts'
import { Card } from '../../parts/screen.tsx'
import { chartDays } from './days.ts'

/** What was spent on each day, and what the month will probably come to. */
export function Timeline() {
  const { companyId } = useEngine()
  const { data } = useOperation('costs.timeline', { companyId })
  const { data: forecast } = useOperation('costs.forecast', { companyId })
  if (!data) return null
  const aside =
    forecast?.forecastMicros !== null && forecast !== undefined ? (
      <span className="eng-soft eng-small">{money(forecast.forecastMicros)} expected until the end of the month</span>
    ) : undefined
  return (
    <Card title="Spent each day" aside={aside}>
      <div className="eng-card-body">
        <DayChart label="Spent each day" days={chartDays(data.days, forecast)} />
      </div>
    </Card>
  )
}
