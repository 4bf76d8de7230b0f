import { expect } from 'vitest'

import type { AdapterTestReport, Destination } from '@engine/core/plugin'

import { withReceiver, type DestinationTests } from './define.ts'
import { deliver } from './deliver.ts'
import type { Receiver } from './receiver.ts'

/** What a destination tells of itself and its configuration. */
export const report: DestinationTests = {
  'reports that a configuration works': (target) =>
    withReceiver(target, async (receiver) => {
      const { checks } = await reportOn(target.create(), receiver.config)
      expect(checks.length).toBeGreaterThan(0)
      expect(checks.filter(({ status }) => status === 'failed')).toEqual([])
    }),

  'reports that a secret is wrong': (target, { skip }) =>
    withReceiver(target, async (receiver) => {
      const { checks } = await reportOn(target.create(), receiver.wrongConfig ?? skip('its receiver knows no wrong one'))
      expect(checks.filter(({ status }) => status === 'failed').map(({ message }) => message.trim() !== '')).toContain(true)
    }),

  'ends a test that is stopped': (target) =>
    withReceiver(target, async (receiver) => {
      const { checks } = await reportOn(target.create(), receiver.config, AbortSignal.abort('the test is over'))
      expect(checks.map(({ status }) => status)).toContain('failed')
    }),

  'tells nobody a secret': (target, { skip }) =>
    withReceiver(target, async (receiver) => {
      const { secrets = [] } = target
      if (secrets.length === 0) return skip('its configurations have none')
      const told: string[] = []
      const destination = target.create()
      for (const how of ['take', 'echo', 'busy', 'gone'] as const) {
        receiver.answer(how)
        for (const config of [receiver.config, receiver.wrongConfig ?? receiver.config])
          told.push(await allThatIsTold(destination, { target, receiver, config }))
      }
      const text = told.join('\n')
      expect(text.length).toBeGreaterThan(0)
      expect(secrets.filter((secret) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)))).toEqual([])
    }),
}

function reportOn(destination: Destination, config: Receiver['config'], signal = new AbortController().signal): Promise<AdapterTestReport> {
  return destination.test({ config: destination.configSchema.parse(config), signal })
}

async function allThatIsTold(
  destination: Destination,
  given: { target: Parameters<typeof deliver>[0]; receiver: Receiver; config: Receiver['config'] },
): Promise<string> {
  const { target, receiver, config } = given
  const { result, logged } = deliver(target, destination, { receiver, wish: { config } })
  const ended = await result.catch(String)
  return JSON.stringify([ended, logged, await reportOn(destination, config)])
}
