import { describe, expect, it } from 'vitest'

import { readMessage, readReady } from './messages.ts'

const ask = { type: 'ask', id: 1, operation: 'list', input: {} }
const round: Record<string, unknown> = {}
round['self'] = round

describe('what a page sends', () => {
  it('is a question with its input, as JSON has it', () => {
    const input = { text: 'x', none: undefined, when: new Date(0) }
    expect(readMessage({ ...ask, input, more: 1 })).toEqual({ ...ask, input: { text: 'x', when: '1970-01-01T00:00:00.000Z' } })
  })

  it.each([
    ['nothing', undefined],
    ['a text', 'ask'],
    ['a list', [ask]],
    ['of no type', { ...ask, type: 'command' }],
    ['without a number', { ...ask, id: 'one' }],
    ['with a number that is none', { ...ask, id: 0.5 }],
    ['a height that is none', { type: 'height', height: Number.NaN }],
    ['a height as a text', { type: 'height', height: '100%' }],
  ])('is none when it is %s', (_, data) => expect(readMessage(data)).toBeNull())

  it.each([
    ['with an operation that is no text', { ...ask, operation: ['list'] }],
    ['with a list as its input', { ...ask, input: [] }],
    ['with an input that has no end', { ...ask, input: round }],
    ['with what JSON does not know', { ...ask, input: { size: 1n } }],
    ['with an input that is too long', { ...ask, input: { text: 'x'.repeat(300_000) } }],
  ])('is a question that can not be asked so %s, and its asker is told', (_, data) =>
    expect(readMessage(data)).toEqual({ type: 'unfit', id: 1 }),
  )

  it.each([
    [10 ** 9, 1_200],
    [-5, 0],
    [99.2, 100],
  ])('a height of %d is one of %d', (height, shown) =>
    expect(readMessage({ type: 'height', height })).toEqual({ type: 'height', height: shown }),
  )
})

describe('a page that is there', () => {
  const { port1, port2 } = new MessageChannel()

  it('says so with one port, and the version that it speaks', () => {
    expect(readReady({ engine: 'frame', version: 1 }, [port1])).toEqual({ port: port1, isSpoken: true })
    expect(readReady({ engine: 'frame', version: 2 }, [port1])).toMatchObject({ isSpoken: false })
  })

  it.each([
    ['no port', { engine: 'frame', version: 1 }, []],
    ['two ports', { engine: 'frame', version: 1 }, [port1, port2]],
    ['another message', { engine: 'other', version: 1 }, [port1]],
    ['no message', null, [port1]],
  ])('is not heard with %s', (_, data, ports) => expect(readReady(data, ports)).toBeNull())
})
