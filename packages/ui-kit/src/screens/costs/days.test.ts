import { expect, it } from 'vitest'

import { chartDays, monthsUntil } from './days.ts'

const forecast = {
  month: '2026-11',
  endsAt: '2026-12-01T00:00:00.000Z',
  spentMicros: 20,
  dailyMicros: 5,
  forecastMicros: 35,
  forecastCents: 0,
  basis: { from: '2026-11-26', to: '2026-11-27', days: 2 },
}

it('goes on from today to the end of the month as the forecast has it', () => {
  const days = chartDays([{ day: '2026-11-28', costMicros: 7 }], forecast)
  expect(days).toEqual([
    { day: '2026-11-28', micros: 7, isForecast: false },
    { day: '2026-11-29', micros: 5, isForecast: true },
    { day: '2026-11-30', micros: 5, isForecast: true },
  ])
})

it('ends today where nothing can be foretold', () => {
  expect(chartDays([{ day: '2026-11-28', costMicros: 7 }], { ...forecast, dailyMicros: null })).toHaveLength(1)
  expect(chartDays([], forecast)).toEqual([])
})

it('knows the months before a day, over the end of a year', () => {
  expect(monthsUntil('2027-01-31', 3)).toEqual(['2027-01', '2026-12', '2026-11'])
})
