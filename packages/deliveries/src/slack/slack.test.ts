import { testDestination } from '@engine/testing/destinations'
import { describe, expect, test } from 'vitest'

import { openHttpReceiver, type Exchange } from '../remote/fixtures.ts'
import { slackDestination } from './index.ts'
import { messageOf } from './message.ts'
import { divided, escaped } from './text.ts'

const path = '/services/T000/B000/canary4711canary'

interface Text {
  readonly type: string
  readonly text: string
  readonly verbatim?: boolean
}
interface Block {
  readonly type: string
  readonly block_id?: string
  readonly text?: Text
  readonly fields?: readonly Text[]
  readonly elements?: readonly Text[]
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

/** Every text in the blocks of a message. */
function textsIn({ blocks }: Message): Text[] {
  return blocks.flatMap((block) => [...(block.text ? [block.text] : []), ...(block.fields ?? []), ...(block.elements ?? [])])
}

/** Every text of a message that Slack reads as its markup. */
function marked(given: Message): string[] {
  const inBlocks = textsIn(given).filter(({ type }) => type === 'mrkdwn')
  return [given.text, ...inBlocks.map(({ text }) => text)]
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

  test('has Slack look for no names and addresses in its texts, nor for what they lead to', () => {
    const given = message({ kind: 'json', value: { to: '@channel #general https://evil.example', long: '@here\n@everyone' } })
    expect(given).toMatchObject({ unfurl_links: false, unfurl_media: false })
    for (const { type, verbatim } of textsIn(given))
      expect([type, verbatim]).toEqual(type === 'mrkdwn' ? ['mrkdwn', true] : ['plain_text', undefined])
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
    for (const part of textsIn({ text, blocks })) expect(part.text.trim()).not.toBe('')
    expect(textsIn({ text, blocks }).reduce((sum, part) => sum + part.text.length, 0)).toBeLessThanOrEqual(9_000)
  })

  test('tells a long text in several sections, as much of it as Slack takes', () => {
    const lines = Array.from({ length: 400 }, (_, index) => `Line ${index} of the <report> & more`)
    const { blocks } = message({ kind: 'json', value: { title: 'Chairs', content: lines.slice(0, 150).join('\n') } })
    const told = blocks.filter((block) => block.type === 'section' && block.text).map((block) => block.text?.text ?? '')
    expect(told.length).toBeGreaterThan(1)
    const read = told.join('\n').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
    expect(read).toBe(`*content*\n${lines.slice(0, 150).join('\n')}`)
    const most = textsIn(message({ kind: 'text', text: lines.join('\n'), contentType: 'text/plain' }))
    expect(most.reduce((sum, { text }) => sum + text.length, 0)).toBeGreaterThan(8_500)
    expect(most.at(-2)?.text).toMatch(/…$/)
  })

  test('of a template that makes nothing has no empty section', () => {
    const body = { kind: 'text', text: ' \n', contentType: 'text/plain' } as const
    expect(message(body).blocks.map(({ type }) => type)).toEqual(['header', 'context'])
    expect(message(body, 'plain').text).toContain('Deliverable revision requested')
  })

  test('of a template is its text, and a plain one has no blocks', () => {
    expect(message({ kind: 'text', text: 'It is *done*.', contentType: 'text/plain' }).blocks[1]?.text?.text).toBe('It is *done*.')
    expect(message({ kind: 'text', text: 'It is *done*.', contentType: 'text/plain' }, 'plain')).toEqual({
      text: 'It is *done*.',
      unfurl_links: false,
      unfurl_media: false,
    })
    expect(message({ kind: 'json', value: { version: 2 } }, 'plain').text).toMatch(/\nversion: 2$/)
  })
})

test.each([
  ['a&b', 100, 'a&amp;b'],
  ['ab&&', 8, 'ab&amp;…'],
  ['abcdef', 4, 'abc…'],
  ['ab🪑cd', 4, 'ab…'],
])('%j fits into %i as %j', (text, length, fitting) => expect(escaped(text, length)).toBe(fitting))

test.each([
  ['abc\ncd ef', { of: 5, together: 20 }, ['abc', 'cd ef']],
  ['abcd efghi', { of: 6, together: 20 }, ['abcd', ' efghi']],
  ['aaaa&bbb', { of: 6, together: 20 }, ['aaaa', '&amp;b', 'bb']],
  ['a🪑bcd', { of: 2, together: 20 }, ['a', '🪑', 'bc', 'd']],
  ['abcdefghij', { of: 4, together: 7 }, ['abcd', 'ef…']],
  [' \n ', { of: 4, together: 7 }, []],
  ['abc', { of: 4, together: 0 }, []],
])('%j is divided by %j into %j', (text, room, pieces) => expect(divided(text, room)).toEqual(pieces))
