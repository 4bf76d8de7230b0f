import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { afterAll, describe, expect, test } from 'vitest'

interface Message {
  engine: string
  body?: string
  percent?: number
  title?: string
  summary?: string
  content?: string
  contentType?: string
  outcome?: { kind: string; class?: string; message?: string }
}

interface JobData {
  job: string
  totals: Record<string, number>
  notListed: number
  notChecked: string[]
  findings?: { file: string; line: number; message: string }[]
  files?: { file: string; words: number }[]
}

const agentPath = fileURLToPath(new URL('./agent.mjs', import.meta.url))
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

function makeFolder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'engine-audit-'))
  folders.push(root)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

async function runAgent(context: Record<string, unknown>, rest: Record<string, unknown> = {}): Promise<Message[]> {
  const agent = spawn(process.execPath, [agentPath], { stdio: ['pipe', 'pipe', 'inherit'] })
  agent.stdin.end(JSON.stringify({ task: { context: { paceMs: 0, ...context } }, blockers: [], feedback: [], ...rest }))
  const lines = (await text(agent.stdout)).trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Message)
}

async function runJob(job: string, root: string): Promise<{ body: string; data: JobData; messages: Message[] }> {
  const messages = await runAgent({ job, root })
  const body = messages.find((message) => message.engine === 'comment')?.body ?? ''
  return { body, data: JSON.parse(/```json\n(.*)\n```$/.exec(body)?.[1] ?? 'null') as JobData, messages }
}

async function findingsOf(job: string, files: Record<string, string>): Promise<string[]> {
  const { data } = await runJob(job, makeFolder(files))
  return (data.findings ?? []).map(({ file, line, message }) => `${file}:${line} ${message}`)
}

describe('inventory', () => {
  const root = makeFolder({
    'README.md': '# One\n\nTwo words [here](a.md).\n\n```\nnot counted\n```\n',
    'docs/a.md': '# A\n\n## B\n',
    'docs/b.txt': 'no',
    'node_modules/x/README.md': '# Skipped',
    'data/y.md': '# Skipped',
  })

  test('counts the Markdown files, their words, headings and links', async () => {
    const { body, data, messages } = await runJob('inventory', root)
    expect(data.totals).toEqual({ files: 2, words: 6, headings: 3, links: 1 })
    expect(body).toContain('| README.md | 4 | 1 | 1 |')
    expect(messages.at(-1)).toMatchObject({ engine: 'outcome', outcome: { kind: 'done' } })
    expect(messages.filter((message) => message.engine === 'progress').map((message) => message.percent)).toEqual([50, 100])
  })

  test('lists 40 files and says how many more there are', async () => {
    const many = Object.fromEntries(Array.from({ length: 43 }, (_, index) => [`f${index}.md`, '# F\n']))
    const { body, data } = await runJob('inventory', makeFolder(many))
    expect(body.match(/^\| f\d+\.md/gm)).toHaveLength(40)
    expect(body).toContain('and 3 more')
    expect(data.files).toHaveLength(43)
  })
})

describe('links', () => {
  const good = {
    'README.md': [
      '# The Start',
      '[file](docs/guide.md) ![image](logo.svg "Logo") [folder](docs/) [here](#the-start) [there](docs/guide.md#set-up-1)',
      '[two](docs/guide.md#its-naïve--snake_case) [full][Guide] [guide][] [guide] <https://example.org/a_(b)> https://example.org.',
      '[![badge](logo.svg)](docs/guide.md) [spaces](<docs/with space.md>) [encoded](docs/with%20space.md) [root](/docs/guide.md)',
      '[brackets (x)](docs/par(en).md) <a href="docs/guide.md#by-hand">html</a> [mail](mailto:me@example.org) [top](#top) text[^1]',
      '`[code](no.md)` ``[more ` code](no.md)`` \\[not](no.md) array[0][1] - [ ] todo <!-- [comment](no.md) -->',
      '```md\n[fence](no.md)\n```\n~~~\n```\n[fence](no.md)\n~~~\n\n    [indented](no.md)\n',
      '[guide]: docs/guide.md "Title"\n[^1]: a [note](docs/guide.md)',
    ].join('\n\n'),
    'docs/guide.md':
      '# Guide\n\n## Set up\n\n## Set up\n\n## `Its` **naïve** & [snake_case](../README.md)!\n\n<a id="by-hand"></a>\n\n- item\n\n    [in the item](../README.md)\n',
    'docs/with space.md': '# S\n',
    'docs/par(en).md': '# P\n',
    'logo.svg': '<svg/>',
  }

  test('are all found and all right', async () => {
    const { data, messages } = await runJob('links', makeFolder(good))
    expect(data.findings).toEqual([])
    expect(data.totals).toEqual({ files: 4, links: 21, images: 2, findings: 0 })
    expect(data.notChecked).toEqual([
      '2 web addresses: looked at for form only, not called',
      '1 link of another scheme (mailto and the like)',
    ])
    expect(messages.at(-1)).toMatchObject({ outcome: { kind: 'done' } })
  })

  test('are reported with their line and what is wrong', async () => {
    const content = [
      '# Title',
      '[a](gone.md)',
      '![b](gone.png)',
      '[c](#nowhere)',
      '[d](other.md#nowhere)',
      '[e][undefined]',
      '[f](http://)',
      '[g]()',
      '[h][broken]',
      '[i](bad%zz.md)',
      '[j](#title-1)',
      '',
      '[broken]: gone-too.md',
    ].join('\n')
    expect(await findingsOf('links', { 'a.md': content, 'other.md': '# Other\n' })).toEqual([
      'a.md:2 link "gone.md": there is no such file',
      'a.md:3 image "gone.png": there is no such file',
      'a.md:4 link "#nowhere": there is no heading "#nowhere" in this file',
      'a.md:5 link "other.md#nowhere": there is no heading "#nowhere" in that file',
      'a.md:6 link "[e][undefined]": there is no definition of [undefined]',
      'a.md:7 link "http://": it is not a well-formed web address',
      'a.md:8 link "": the target is empty',
      'a.md:9 link "gone-too.md": there is no such file',
      'a.md:10 link "bad%zz.md": its percent-encoding is broken',
      'a.md:11 link "#title-1": there is no heading "#title-1" in this file',
    ])
  })

  test('that are too many for one comment are cut, and the totals stay exact', async () => {
    const lines = Array.from({ length: 2_000 }, (_, index) => `[x](missing-file-number-${index}.md)`).join('\n')
    const { body, data } = await runJob('links', makeFolder({ 'a.md': `# A\n${lines}\n` }))
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(60 * 1024)
    expect(data.totals.findings).toBe(2_000)
    expect((data.findings?.length ?? 0) + data.notListed).toBe(2_000)
    expect(body).toContain(`${data.notListed} more not listed`)
  })
})

describe('headings', () => {
  test('are right with one title, no skipped level and other names for siblings', async () => {
    const content = '---\ntitle: x\n---\nTitle\n=====\n\n## A\n\n### Same\n\n## B\n\n### Same\n\n```\n# no heading\n```\n\n#no heading\n'
    expect(await findingsOf('headings', { 'a.md': content, 'b.md': '<h1 align="center">Logo</h1>\n\n## C\n' })).toEqual([])
  })

  test('are reported with their line and what is wrong', async () => {
    const content = '## Early\n\n# Title\n\n### Deep\n\n# Second\n\n##\n\n## Same\n\n## same\n'
    expect(await findingsOf('headings', { 'a.md': content, 'b.md': 'Nothing\n', 'c.md': '## Only\n' })).toEqual([
      'a.md:1 the first heading is of level 2, not 1',
      'a.md:5 level 3 follows level 1; a level is skipped',
      'a.md:7 a second level 1 heading; the first is on line 3',
      'a.md:9 the heading is empty',
      'a.md:13 "same" repeats the heading of line 11 beside it',
      'b.md:1 the file has no heading',
      'c.md:1 the first heading is of level 2, not 1',
      'c.md:1 the file has no level 1 heading',
    ])
  })
})

describe('the report', () => {
  const root = makeFolder({ 'a.md': '# A\n\n[x](gone.md) https://example.org\n\n### Deep\n', 'b.md': '# B\n\n[y](gone.md)\n' })
  const blocker = async (job: string, identifier: string) => {
    const { body } = await runJob(job, root)
    const chatter = { author: 'Bo', body: 'Thanks!\n```json\n{"job":"links","totals":null}\n```', createdAt: '' }
    const comments = [
      { author: 'Ada', body: body.replace('"findings":2', '"findings":9'), createdAt: '' },
      { author: 'Ada', body, createdAt: '' },
      chatter,
    ]
    return { identifier, title: `Check ${job}`, status: 'done', deliverable: null, comments }
  }
  const run = async (jobs: string[], feedback: unknown[] = []) => {
    const blockers = await Promise.all(jobs.map((job, index) => blocker(job, `MD-${index + 1}`)))
    const messages = await runAgent({ job: 'report', root }, { blockers, feedback })
    return { messages, deliverable: messages.find((message) => message.engine === 'deliverable'), outcome: messages.at(-1)?.outcome }
  }

  test('puts the verdict first, then the findings by file, then what was not checked, and waits for a review', async () => {
    const { deliverable, outcome } = await run(['inventory', 'links', 'headings'])
    expect(outcome).toMatchObject({ kind: 'needs_review' })
    expect(deliverable).toMatchObject({ title: 'Markdown audit', contentType: 'text/markdown', summary: '3 problems found.' })
    const content = deliverable?.content ?? ''
    const order = ['# Markdown audit', '**3 problems found.**', '| MD-2 | links | findings | 2 |', '## Findings by file', '### a.md']
    const rest = ['- line 3: link "gone.md"', '- line 5: level 3', '### b.md', '## Not checked', '1 web address', 'node_modules']
    const places = [...order, ...rest].map((part) => content.indexOf(part))
    expect(places.every((place, index) => place > (places[index - 1] ?? -1))).toBe(true)
    expect(content).not.toContain('Changes asked for')
  })

  test('says what the reviewer asked for', async () => {
    const feedback = [{ version: 1, decision: 'revision', feedback: 'Name the files first.' }]
    const { deliverable } = await run(['inventory', 'links', 'headings'], feedback)
    expect(deliverable?.content).toContain('## Changes asked for\n\n- Version 1 (revision): Name the files first.')
    expect(deliverable?.summary).toContain('Name the files first.')
  })

  test('says what is missing instead of calling it clean', async () => {
    const { deliverable } = await run(['inventory'])
    expect(deliverable?.summary).toMatch(/^Incomplete: there is no result of links, headings/)
    expect(deliverable?.content).toContain('- links: it was not among the tasks before this one')
  })

  test('is itself Markdown without findings', async () => {
    const { deliverable } = await run(['inventory', 'links', 'headings'], [{ version: 1, decision: 'revision', feedback: 'More.' }])
    const own = { 'report.md': deliverable?.content ?? '' }
    expect(await findingsOf('headings', own)).toEqual([])
    expect(await findingsOf('links', own)).toEqual([])
  })
})

test.each([
  { job: 'dance', root: tmpdir() },
  { job: 'toString', root: tmpdir() },
  { job: 'links', root: 'relative' },
  { job: 'links', root: '/no/such/folder/here' },
  { job: 'links' },
])('a task that asks for the impossible fails as a fault of its configuration: %j', async (context) => {
  const [message] = await runAgent(context)
  expect(message).toMatchObject({ engine: 'outcome', outcome: { kind: 'failed', class: 'config' } })
})
