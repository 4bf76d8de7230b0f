import { describe, expect, it } from 'vitest'

import { settingsOf } from './settings.ts'

describe('the settings', () => {
  it('are the defaults where a host says nothing', () => {
    expect(settingsOf()).toMatchObject({ leaseMs: 30_000, deliveryTimeoutMs: 30_000, deliveryLeaseMs: 60_000 })
  })

  it('stay the defaults where what a host says is undefined', () => {
    const { leaseMs, ...others } = settingsOf()
    // As JavaScript may say it, and TypeScript without exactOptionalPropertyTypes.
    const asSaid: object = { leaseMs: undefined }
    expect(settingsOf(asSaid)).toEqual({ leaseMs, ...others })
  })

  it.each([
    { given: { leasMs: 1_000 }, says: /^There is no setting "leasMs"\. There are leaseMs, / },
    { given: { pollMs: Number('a minute') }, says: 'settings.pollMs must be a number from 0 on, not NaN.' },
    { given: { leaseMs: -1 }, says: 'settings.leaseMs must be a number from 0 on, not -1.' },
    { given: { maxConcurrentRuns: '8' }, says: 'settings.maxConcurrentRuns must be a number from 0 on, not "8".' },
  ])('refuse $given', ({ given, says }) => {
    const asSaid: object = given
    expect(() => settingsOf(asSaid)).toThrow(says)
  })

  it('leave a delivery to who sends it for longer than that may take, whatever a host gives it', () => {
    expect(settingsOf({ deliveryTimeoutMs: 120_000 })).toMatchObject({ deliveryTimeoutMs: 120_000, deliveryLeaseMs: 240_000 })
    expect(settingsOf({ deliveryTimeoutMs: 2_500, deliveryLeaseMs: 3_000 })).toMatchObject({ deliveryLeaseMs: 3_000 })
    expect(() => settingsOf({ deliveryTimeoutMs: 60_000, deliveryLeaseMs: 60_000 })).toThrow(/deliveryLeaseMs \(60000\) must be more than/)
  })
})
