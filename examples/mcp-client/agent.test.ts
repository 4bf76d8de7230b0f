import { expect, it } from 'vitest'

import { createClient } from '@engine/client'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'
import { engineProgram } from '../../test/support/shell-company.ts'

it('takes a task of a running server by its key alone, delivers, and the task is done when a person approved it', async () => {
  const server = startProgram(engineProgram, { args: ['serve', '--port', '0', '--no-demo'], cwd: temporaryFolder() })
  const [, url = ''] = await server.printed(/ready on (http:\S+)/)
  const board = createClient({ url })
  const { id: companyId } = await board.companies.create({ name: 'Poems' })
  const hire = { name: 'Ada', role: 'poet', executionMode: 'polling' } as const
  const { id: agentId } = await board.agents.create({ companyId, ...hire })
  const { key } = await board.keys.create({ agentId, name: 'poet' })
  await board.tasks.create({ companyId, title: 'A haiku on chairs', assigneeAgentId: agentId })

  const work = () => startProgram(new URL('./agent.ts', import.meta.url), { env: { ENGINE_URL: url, ENGINE_API_KEY: key } })
  const agent = work()
  expect(await agent.exited, agent.output()).toEqual({ code: 0, signal: null })
  expect(agent.output()).toBe('POE-1 A haiku on chairs: taken\nPOE-1 A haiku on chairs: waits for a review\n')
  const [pending] = (await board.deliverables.list({ companyId, status: 'pending' })).items
  await board.deliverables.review({ deliverableId: pending?.id ?? '', decision: 'approved' })
  expect(await board.tasks.get({ taskId: 'POE-1' })).toMatchObject({ status: 'done' })
  const again = work()
  expect(await again.exited, again.output()).toEqual({ code: 0, signal: null })
  expect(again.output()).toBe('There is nothing to do.\n')
})
