import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { scriptedAdapter } from '@engine/testing'
import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import { describe, expect, it } from 'vitest'

import { controls } from '../packages/ui-kit/src/data/said.ts'
import { isLive, lookAt } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { createBoardWorld } from './support/board-world.ts'
import { until } from './support/engine.ts'

const core = fileURLToPath(new URL('../packages/core/src/', import.meta.url))
/** Said to runs alone, which are no people. */
const toRuns = ['runs.report']

/** Operations that core names in texts which are shown to people; what documents operations and fields is for callers. */
async function namedInTexts(): Promise<string[]> {
  const engine = await createEngine({ storage: sqlite(':memory:'), adapters: [scriptedAdapter()] })
  const operations = engine.registry.operations.map(({ name }) => name)
  await engine.stop()
  const named = new RegExp(`(?<![\\w.])(?:${operations.join('|').replaceAll('.', '\\.')})(?![\\w.]*\\w)`, 'g')
  const found = globSync('**/*.ts', { cwd: core, exclude: ['**/*.test.ts'] }).flatMap((file) => {
    const lines = readFileSync(core + file, 'utf8').split('\n')
    return lines.flatMap((line, at) => {
      if (/descri(?:be|ption)/.test(`${lines[at - 1] ?? ''} ${line}`) || /^\s*(?:\/\/|\/?\*)/.test(line)) return []
      const texts = line.match(/'[^']* [^']*'|`[^`]* [^`]*`/g) ?? []
      return texts.flatMap((text) => text.match(named) ?? [])
    })
  })
  return [...new Set(found)].filter((name) => !toRuns.includes(name)).toSorted()
}

it('every operation that a text names has a control on the board that does the same', async () => {
  expect(await namedInTexts()).toEqual(Object.keys(controls).toSorted())
})

/** What no person says: operations, ids, moments of the wire, members of JSON. */
const ofTheWire =
  /\b(?:tasks|runs|agents|budgets|secrets)\.[a-z]+[A-Za-z]*\b|[0-9a-f]{8}-[0-9a-f]{4}-|\d{4}-\d\d-\d\dT|\b[a-z]+(?:[A-Z][a-z]+){2,}\b/g

async function createTroubledWorld(board: URL) {
  const world = await createBoardWorld(board)
  const { engine, adapter, companyId, agents } = world
  const approval = await engine.approvals.request({ companyId, type: 'custom', subject: 'Buy a lamp', payload: { euro: 5 } })
  const run = async (title: string, script: Parameters<typeof adapter.scripts.set>[1]) => {
    const task = await engine.tasks.create({ companyId, title })
    adapter.scripts.set(task.id, script)
    await engine.tasks.assign({ taskId: task.id, agentId: agents.rui })
    const ended = async () => (await engine.runs.list({ companyId, taskId: task.id })).items[0]
    const last = await until(ended, (found) => found !== undefined && !['queued', 'running'].includes(found.status))
    return { taskId: task.identifier, runId: last?.id ?? '' }
  }
  const question = { kind: 'question', prompt: 'Red or blue?' } as const
  const troubled = {
    refused: await run('Is refused', async () => ({ kind: 'failed', class: 'refused', message: 'The model declines.' })),
    blocked: await run('Waits for a lamp', async () => ({ kind: 'blocked', reason: 'waits for an approval', owner: approval.id })),
    asked: await run('Asks', async () => ({ kind: 'waiting', interaction: { ask: question } })),
    failing: await run('Fails for now', async () => ({ kind: 'failed', class: 'unknown', message: 'It fell over.' })),
  }
  return { ...world, troubled }
}

describe.skipIf(!canLook)('the board, where something does not go on', { timeout: 60_000 }, () => {
  const now = stage(createTroubledWorld)
  const at = async (path: string) => {
    const page = await now().open(now().world.url, `${now().world.prefix}/${path}`)
    await isLive(page)
    return page
  }

  it.each(['refused', 'blocked', 'asked', 'failing'] as const)('says to people what they can do: %s', async (name) => {
    const { taskId, runId } = now().world.troubled[name]
    // A run that says that its task is blocked did what it should.
    const paths = name === 'blocked' ? [`tasks/${taskId}`] : [`runs/${runId}`, `tasks/${taskId}`]
    for (const path of paths) {
      const page = await at(path)
      if (path !== `tasks/${now().world.troubled.failing.taskId}`) await page.locator('.eng-notice').first().waitFor()
      await lookAt(page, `words-${name}-${path.startsWith('runs') ? 'run' : 'task'}`)
      expect((await page.getByRole('main').innerText()).match(ofTheWire)).toBe(null)
    }
  })

  it('lets the task of a run that failed go on where it is said to be blocked', async () => {
    const { engine, troubled, adapter } = now().world
    const { id } = await engine.tasks.get({ taskId: troubled.refused.taskId })
    adapter.scripts.set(id, async () => ({ kind: 'done' }))
    const page = await at(`tasks/${troubled.refused.taskId}`)
    await page.getByText('An operator can unblock it.').waitFor()
    await page.getByRole('button', { name: 'Run it again' }).click()
    await until(
      async () => (await engine.tasks.get({ taskId: id })).status,
      (status) => status === 'done',
    )
  })

  it('offers nothing to press on a blocked task before it is known what that waits for', async () => {
    const page = await at(`tasks/${now().world.troubled.blocked.taskId}`)
    const held = Promise.withResolvers<void>()
    await page.route('**/approvals/*', async (route) => {
      await held.promise
      await route.continue()
    })
    await page.reload()
    await page.getByText('waits for an approval').waitFor()
    expect(await page.getByRole('button', { name: /Unblock it|Run it again/ }).count()).toBe(0)
    held.resolve()
    await page.getByText('It waits for this approval').waitFor()
  })

  it('shows the approval that a task waits for where the task is, to be decided there', async () => {
    const { engine, troubled } = now().world
    const page = await at(`tasks/${troubled.blocked.taskId}`)
    await page.getByText('It waits for this approval').waitFor()
    await page.getByRole('button', { name: /^Approve/ }).click()
    await page.getByText('It waits for this approval').waitFor({ state: 'detached' })
    const approved = async () => (await engine.approvals.list({ companyId: now().world.companyId, status: 'approved' })).items
    await until(approved, (items) => items.length === 1)
  })
})
