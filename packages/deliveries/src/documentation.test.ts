import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { allDestinations } from './index.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'destinations.md'), 'utf8')
const destinations = allDestinations()

/** Every JSON block is what a route would have: `destinationType` and `config`, with references to secrets. */
const blocks = [...page.matchAll(/```json\n([^]*?)```/g)].map(([, text = '']) => text)

describe('docs/destinations.md', () => {
  test.each(blocks)('shows a configuration that is taken: %s', (text) => {
    const { destinationType, config } = JSON.parse(text, (_, value: unknown) =>
      isReference(value) ? `secret:${value.secret}` : value,
    ) as {
      destinationType: string
      config: unknown
    }
    const destination = destinations.find(({ type }) => type === destinationType)
    expect(destination?.configSchema.safeParse(config).error).toBeUndefined()
  })

  test.each(destinations.map(({ type }) => type))('shows a configuration of %s', (type) => {
    expect(blocks.some((text) => text.includes(`"destinationType": "${type}"`))).toBe(true)
  })

  test.each(['smtp', 'sendgrid', 'mailjet', 'postmark', 'ses', 's3', 'folder'])('shows the provider %s', (provider) => {
    expect(blocks.some((text) => text.includes(`"provider": "${provider}"`))).toBe(true)
  })
})

function isReference(value: unknown): value is { secret: string } {
  return typeof value === 'object' && value !== null && 'secret' in value && Object.keys(value).length === 1
}
