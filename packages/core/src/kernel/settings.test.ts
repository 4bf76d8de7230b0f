import { describe, expect, it } from 'vitest'

import { settingsOf } from './settings.ts'

describe('the settings', () => {
  it('are the defaults where a host says nothing', () => {
    expect(settingsOf()).toMatchObject({ leaseMs: 30_000, deliveryTimeoutMs: 30_000, deliveryLeaseMs: 60_000 })
  })

  it('leave a delivery to who sends it for longer than that may take, whatever a host gives it', () => {
    expect(settingsOf({ deliveryTimeoutMs: 120_000 })).toMatchObject({ deliveryTimeoutMs: 120_000, deliveryLeaseMs: 240_000 })
    expect(settingsOf({ deliveryTimeoutMs: 2_500, deliveryLeaseMs: 3_000 })).toMatchObject({ deliveryLeaseMs: 3_000 })
    expect(() => settingsOf({ deliveryTimeoutMs: 60_000, deliveryLeaseMs: 60_000 })).toThrow(/deliveryLeaseMs \(60000\) must be more than/)
  })
})
