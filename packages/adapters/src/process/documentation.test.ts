import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { RunContext } from '@engine/core/plugin'
import { describe, expect, test } from 'vitest'

import { anyContext } from '../program/fixtures.ts'
import { toolNamed } from '../tool-server/fixtures.ts'
import { runNode } from './fixtures.ts'
import { parseMessage } from './messages.ts'

const page = readFileSync(new URL('../../../../docs/process-adapter.md', import.meta.url), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '')
const [contextExample = '', messageExamples = ''] = blocks('json')
const hasPython = spawnSync('python3', ['--version']).status === 0

describe('the page about the protocol', () => {
  test('shows a context that is one', () => {
    expect(RunContext.parse(JSON.parse(contextExample))).toEqual(JSON.parse(contextExample))
  })

  test('shows one message of each kind, all of them valid', () => {
    const messages = messageExamples
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { engine: string })
    expect(messages.map((message) => message.engine)).toEqual(['progress', 'usage', 'comment', 'deliverable', 'outcome'])
    expect(messages.map((message) => parseMessage(message).type)).toEqual(['event', 'event', 'event', 'event', 'outcome'])
  })

  test('shows outcomes that are valid', () => {
    const outcomes = [...page.matchAll(/^\| `(\{"kind".*?\})`/gm)].map((match) => JSON.parse(match[1] ?? '') as unknown)
    expect(outcomes).toHaveLength(6)
    const messages = outcomes.map((outcome) => ({ engine: 'outcome', outcome }))
    expect(messages.map((message) => parseMessage(message).type)).toEqual(outcomes.map(() => 'outcome'))
  })

  test('shows a program that uses Engine and works', async () => {
    const asked: unknown[] = []
    const tools = [
      toolNamed('comments_create', async (input) => (asked.push(input), { isError: false, output: { id: 'c-1' } })),
      toolNamed('comments_list', async () => ({ isError: false, output: { items: [{}, {}] } })),
    ]
    const { outcome, log } = await runNode('', { config: { args: ['--input-type=module', '-e', blocks('js')[0] ?? ''] }, tools })
    expect(outcome).toEqual({ kind: 'done' })
    expect(asked).toEqual([{ body: 'I begin with the links.' }])
    expect(log('stdout')).toBe('2 comments\n')
  })

  test('shows a program in JavaScript that works', async () => {
    const args = ['--input-type=module', '-e', blocks('js')[1] ?? '']
    const { outcome, events } = await runNode('', { config: { args } })
    expect(outcome).toEqual({ kind: 'needs_review', summary: 'ENG-1 is ready' })
    expect(events.filter((event) => event.type === 'deliverable')).toHaveLength(1)
  })

  test.runIf(hasPython)('shows a program in Python that works', async () => {
    const config = { command: 'python3', args: ['-c', blocks('python')[0] ?? ''] }
    expect((await runNode('', { config })).outcome).toEqual({ kind: 'blocked', reason: 'ENG-1 has no acceptance criteria' })
    const context = { ...anyContext, task: { ...anyContext.task, acceptanceCriteria: ['Größe stimmt'] } }
    const { outcome, events } = await runNode('', { config, context })
    expect(outcome).toEqual({ kind: 'done' })
    expect(events).toContainEqual({ type: 'comment', body: '- [x] Größe stimmt' })
  })
})
