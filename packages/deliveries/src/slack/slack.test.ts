import { testDestination } from '@engine/testing/destinations'
import { describe, expect, test } from 'vitest'

import { openHttpReceiver, type Exchange } from '../remote/fixtures.ts'
import { slackDestination } from './index.ts'
import { escaped, messageOf } from './message.ts'

const path = '/services/T000/B000/canary4711canary'

interface Block {
  readonly type: string
  readonly block_id?: string
  readonly text?: { readonly type: string; readonly text: string }
  readonly fields?: readonly { readonly text: string }[]
  readonly elements?: readonly { readonly text: string }[]
}
interface Message {
  readonly text: string
  readonly blocks: readonly Block[]
}

function messageIn({ body }: Exchange): Message {
  // The wire of Slack.
  return JSON.parse(body.toString()) as Message
}

testDestination({
  name: 'slack',
  create: () => slackDestination({ allow: ['127.0.0.1'] }),
  leastConfig: { url: 'https://hooks.slack.com/services/T/B/x' },
  async receiver() {
    const receiver = await openHttpReceiver({
      isRight: ({ path: asked }) => asked === path,
      idOf: (exchange) => messageIn(exchange).blocks[0]?.block_id ?? '',
      textOf: (exchange) => JSON.stringify(messageIn(exchange)).replaceAll(String.raw`\n`, '\n'),
      take: () => ({ status: 200, body: 'ok' }),
    })
    const config = { url: receiver.origin + path }
    return { ...receiver, config, wrongConfig: { url: `${receiver.origin}/services/T000/B000/other` } }
  },
  secrets: [path],
})

const event = {
  id: 'event',
  type: 'deliverable.revision_requested',
  companyId: 'company',
  occurredAt: '2026-11-21T10:00:00.000Z',
  data: { title: 'Chairs & <!channel>' },
}

function message(body: Parameters<typeof messageOf>[0]['body'], style: 'blocks' | 'plain' = 'blocks'): Message {
  const made = messageOf({ deliveryId: '019abc', event, body, files: [] }, style)
  // The wire of Slack.
  return JSON.parse(JSON.stringify(made)) as Message
}

/** Every text of a message that Slack reads as its markup. */
function marked({ text, blocks }: Message): string[] {
  const inBlocks = blocks.flatMap((block) => [
    ...(block.text?.type === 'mrkdwn' ? [block.text.text] : []),
    ...[...(block.fields ?? []), ...(block.elements ?? [])].map((part) => part.text),
  ])
  return [text, ...inBlocks]
}

describe('a message', () => {
  test('has a header, the values as fields, long ones by themselves, and where it came from', () => {
    const { text, blocks } = message({
      kind: 'json',
      value: { title: 'Chairs', feedback: 'Sand it.\nThen oil it.', version: 2, tags: ['a', 'b'] },
    })
    expect(text).toBe('Deliverable revision requested: Chairs &amp; &lt;!channel&gt;')
    expect(blocks.map(({ type }) => type)).toEqual(['header', 'section', 'section', 'context'])
    expect(blocks[0]).toMatchObject({ block_id: '019abc', text: { text: 'Deliverable revision requested: Chairs & <!channel>' } })
    expect(blocks[1]?.text?.text).toBe('*feedback*\nSand it.\nThen oil it.')
    expect(blocks[2]?.fields?.map((field) => field.text)).toEqual(['*title*\nChairs', '*version*\n2', '*tags*\na, b'])
    expect(blocks[3]?.elements?.[0]?.text).toContain('019abc')
  })

  test('calls nobody and links nowhere, whatever is in its values', () => {
    const evil = '<!everyone> <@U1> <https://evil.example|here> &lt;'
    for (const body of [
      { kind: 'json', value: { [evil]: evil, long: `${evil}\n${evil}` } } as const,
      { kind: 'text', text: evil, contentType: '' } as const,
    ])
      expect(marked(message(body)).filter((text) => /[<>]|&(?!amp;|lt;|gt;)/.test(text))).toEqual([])
  })

  test('stays within what Slack takes', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key${index}`, index % 2 ? 'x' : '&'.repeat(9_000)]))
    const { text, blocks } = message({ kind: 'json', value: { title: '🪑'.repeat(3_000), ...many } })
    expect(blocks.length).toBeLessThanOrEqual(50)
    expect(text.length).toBeLessThanOrEqual(3_000)
    for (const block of blocks) {
      expect(block.fields?.length ?? 0).toBeLessThanOrEqual(10)
      for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2_000)
      expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(block.type === 'header' ? 150 : 3_000)
    }
  })

  test('of a template is its text, and a plain one has no blocks', () => {
    expect(message({ kind: 'text', text: 'It is *done*.', contentType: 'text/plain' }).blocks[1]?.text?.text).toBe('It is *done*.')
    expect(message({ kind: 'text', text: 'It is *done*.', contentType: 'text/plain' }, 'plain')).toEqual({ text: 'It is *done*.' })
    expect(message({ kind: 'json', value: { version: 2 } }, 'plain').text).toMatch(/\nversion: 2$/)
  })
})

test.each([
  ['a&b', 100, 'a&amp;b'],
  ['ab&&', 8, 'ab&amp;…'],
  ['abcdef', 4, 'abc…'],
  ['ab🪑cd', 4, 'ab…'],
])('%j fits into %i as %j', (text, length, fitting) => expect(escaped(text, length)).toBe(fitting))
