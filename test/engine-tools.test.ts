import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { claudeCodeAdapter } from '@engine/adapters/claude-code'
import { createEngine, createNode, type Engine, type UserActor } from '@engine/core'
import { watched } from '@engine/testing'

import { until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { serveToNodes } from './support/nodes.ts'
import { newStorage } from './support/storages.ts'

/** A program that is called as Claude Code is. */
function standIn(): { command: string; cwd: string } {
  const cwd = temporaryFolder()
  const command = join(cwd, 'claude.mjs')
  const program = new URL('./support/claude-stand-in.ts', import.meta.url)
  writeFileSync(command, `#!${process.execPath} --no-warnings\nawait import(${JSON.stringify(program.href)})\n`)
  chmodSync(command, 0o755)
  return { command, cwd }
}

const places = ['in this process', 'on a node'] as const
const families = ['sqlite', 'postgres'] as const

describe.each(families.flatMap((family) => places.map((place) => [place, family] as const)))(
  'a program %s that uses Engine, on %s',
  (place, family) => {
    async function open() {
      const storage = watched(await newStorage(family))
      const adapters = [claudeCodeAdapter({ programs: 'any' })]
      const settings = { pollMs: 50, workerBeatMs: 200, ...(place === 'on a node' && { maxConcurrentRuns: 0 }) }
      const engine = await createEngine({ storage, adapters, checksOutputs: true, settings })
      onTestFinished(() => engine.stop())
      const { id: companyId } = await engine.companies.create({ name: 'Acme' })
      const adapterConfig = { ...standIn(), graceSec: 1 }
      const agent = await engine.agents.create({ companyId, name: 'Ada', role: 'engineer', adapterType: 'claude-code', adapterConfig })
      await engine.start()
      if (place === 'on a node') await startNode(engine)
      return { engine, companyId, agent }
    }

    async function startNode(engine: Engine) {
      const { ask } = await serveToNodes(engine)
      const { key } = await engine.nodes.createKey({ name: 'North' })
      const node = createNode({ server: ask, key, adapters: [claudeCodeAdapter({ programs: 'any' })] })
      await node.start()
      onTestFinished(() => node.stop())
    }

    it('comments, searches, asks a person and waits, goes on with the answer, makes a task and hands in', { timeout: 90_000 }, async () => {
      const { engine, companyId, agent } = await open()
      const kim: UserActor = { kind: 'user', id: 'kim', roles: { [companyId]: 'reviewer' } }
      const { id: taskId } = await engine.tasks.create({ companyId, title: 'Count the chairs', assigneeAgentId: agent.id })
      const runs = () => engine.runs.list({ companyId, taskId })
      await until(runs, ({ items }) => items[0]?.status === 'waiting' || items[0]?.status === 'failed', 60_000)
      const [question] = (await engine.interactions.list({ companyId })).items
      expect(question).toMatchObject({ status: 'pending', waits: true, askedBy: { kind: 'agent', id: agent.id } })
      await engine.as(kim).interactions.answer({ interactionId: question?.id ?? '', choice: 'Attic' })

      const { items } = await until(runs, (page) => page.items[0]?.status === 'succeeded' || page.items[0]?.status === 'failed', 60_000)
      expect(items).toMatchObject([{ status: 'succeeded', outcome: { kind: 'needs_review' }, usage: { inputTokens: 10 } }])
      expect((await engine.tasks.get({ taskId })).status).toBe('in_review')
      const comments = (await engine.comments.list({ taskId })).items
      expect(comments.map(({ body, author }) => [author.id, body])).toEqual([
        [agent.id, 'I begin.'],
        [agent.id, 'I was told {"choice":"Attic"}, and remember the rest.'],
      ])
      expect((await engine.deliverables.list({ companyId, taskId })).items).toMatchObject([{ title: 'Chairs', status: 'pending' }])
      const made = (await engine.tasks.list({ companyId })).items.find(({ title }) => title === 'Count the stools')
      expect(made).toMatchObject({ parentId: taskId })
      const log = (await engine.runs.log({ runId: items[0]?.id ?? '' })).items.map(({ text }) => text).join('')
      expect(log).toMatch(/knowledge_search: \{/)
      expect(log).not.toContain('refused')
      expect((await engine.verify()).isSound).toBe(true)
    })
  },
)
