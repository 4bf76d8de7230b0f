import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { coreRegistry } from '@engine/core'
import { serve } from '@engine/http'

import { goodPassword, inviteWithPassword, setUp } from './support/accounts.ts'
import { isLive, lookAt } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { seedWork } from './support/board-work.ts'
import { createBoardWorld } from './support/board-world.ts'

const sources = fileURLToPath(new URL('../packages/ui-kit/src/', import.meta.url))
const screens = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'))
  .map((name) => readFileSync(`${sources}${name}`, 'utf8'))
  .join('\n')

const listScreens = [...(/listScreens = \[([^\]]*)\]/.exec(screens)?.[1] ?? '').matchAll(/'(\w+)'/g)].map(([, name]) => name)

const namesIn = (pattern: RegExp) => new Set([...screens.matchAll(pattern)].flatMap(([, name]) => (name === undefined ? [] : [name])))

describe('what the board offers', () => {
  it('says of every command by what control it is given, so that it can be left out', () => {
    const commands = namesIn(/useCommand\('([a-z]+\.\w+)'/gi)
    const said = namesIn(/(?:does[=:] ?(?:\{\w+ \? )?|may\(|\[|: |=> |\? )['"`]([a-z]+\.\w+)['"`]/gi)
    // Of oneself, or what nobody is refused who looks at a company.
    const own = ['accounts.changePassword', 'accounts.deleteOwn']
    expect([...commands].filter((name) => !said.has(name) && !own.includes(name))).toEqual([])
    expect(commands.size).toBeGreaterThan(90)
    const registry = coreRegistry()
    for (const name of commands) expect([name, registry.get(name)?.definition.http !== undefined]).toEqual([name, true])
  })
})

describe.skipIf(!canLook)('the board of somebody who may not do everything', { timeout: 120_000 }, () => {
  const now = stage(async (board) => {
    const world = await createBoardWorld(board)
    const seeds = await seedWork(world)
    const { engine, companyId } = world
    await setUp(engine)
    for (const role of ['viewer', 'operator'] as const) await inviteWithPassword(engine, { companyId, role, email: `${role}@example.com` })
    const server = await serve({ engine, port: 0, mode: 'authenticated', board })
    const close = async () => {
      await server.close()
      await world.close()
    }
    return { ...world, seeds, url: server.url, close }
  })

  async function enter(email: string): Promise<Page> {
    const { world, open } = now()
    const page = await open(world.url, 'login')
    await page.getByLabel('Email address').fill(email)
    await page.getByLabel('Password').fill(goodPassword)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForURL(/ACM\/inbox/)
    await isLive(page)
    return page
  }

  /** What can be pressed on every screen with its tabs, and on one thing of each kind. */
  async function offered(page: Page): Promise<string[]> {
    const { url, prefix, seeds, tasks, runId, agents } = now().world
    const found = new Set<string>()
    const look = async () => {
      await page.getByText('Loading…').first().waitFor({ state: 'detached' })
      const names = await page.locator('main button:not([role=tab])').allInnerTexts()
      for (const name of names) found.add((name.split('\n')[0] ?? '').trim())
    }
    const things = [
      `tasks/${tasks.reviewed}`,
      `tasks/${tasks.open}`,
      `runs/${runId}`,
      `agents/${agents.ada}`,
      `projects/${seeds.projectId}`,
    ]
    for (const path of [...listScreens, ...things, 'tasks?view=board', 'agents?view=org']) {
      await page.goto(`${url}/${prefix}/${path}`)
      await isLive(page)
      await look()
      for (const tab of await page.getByRole('tab').all()) {
        await tab.click()
        await look()
      }
    }
    return [...found].toSorted()
  }

  it('offers a viewer what changes nothing of the company, and says who may decide', async () => {
    const { url, prefix, tasks } = now().world
    const page = await enter('viewer@example.com')
    const looking = [
      'All',
      'Board',
      'CSV',
      'Compare with version 1',
      'Dark',
      'Date and time',
      'How long ago',
      'Light',
      'List',
      'Look it up',
    ]
    const moreLooking = ['As the system has it', 'Org chart', 'Plan', 'Version 1', 'Version 2', 'Who would get a task?']
    const opening = ['Deploy on Friday', 'Faster shop', 'Hire Noor', 'Migration plan', 'The company']
    const ofOneself = ['Change the password', 'End all others', 'End it', 'Log out', 'New key', 'Revoke', 'Views']
    const known = [...looking, ...moreLooking, ...opening, ...ofOneself]
    expect((await offered(page)).filter((name) => !known.includes(name))).toEqual([])
    const places = {
      inbox: 'inbox',
      task: `tasks/${tasks.reviewed}`,
      agents: 'agents',
      members: 'members',
      settings: 'settings',
      secrets: 'secrets',
    }
    for (const [name, path] of Object.entries(places)) {
      await page.goto(`${url}/${prefix}/${path}`)
      await isLive(page)
      await lookAt(page, `rights-${name}`)
    }
    await page.getByText('Only people with the role admin or above may see it.').waitFor()
    expect(await page.getByRole('link', { name: 'Secrets' }).count()).toBe(0)
    await page.goto(`${url}/${prefix}/inbox`)
    await page.getByText('Only people with the role reviewer or above may decide it.').first().waitFor()
    await page.goto(`${url}/${prefix}/tasks`)
    await isLive(page)
    await page.keyboard.press('c')
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  it('offers an operator the work, an owner the company, and more as soon as somebody may more', async () => {
    const { engine, companyId, url, prefix } = now().world
    const ofOperators = ['New task', 'New goal', 'Move', 'Assign', 'Comment', 'Pause', 'Run it again', 'Approve']
    const ofAdmins = ['Hire', 'Invite', 'New secret', 'New route', 'Stop everything', 'Archive', 'Terminate', 'Save', 'Verify all seals']
    const ofOwners = ['Add a node', 'Drain']
    const [operator, owner] = [await enter('operator@example.com'), await enter('ada@example.com')]
    const [some, all] = [await offered(operator), await offered(owner)]
    expect(all).toEqual(expect.arrayContaining([...ofOperators, ...ofAdmins, ...ofOwners]))
    expect(some).toEqual(expect.arrayContaining(ofOperators))
    expect(some.filter((name) => [...ofAdmins, ...ofOwners].includes(name))).toEqual([])
    await operator.goto(`${url}/${prefix}/agents`)
    await isLive(operator)
    const { items } = await engine.members.list({ companyId, role: 'operator' })
    for (const { id, version } of items) await engine.members.update({ memberId: id, version, role: 'admin' })
    await operator.getByRole('button', { name: 'Hire' }).waitFor()
    await operator.getByRole('link', { name: 'Secrets' }).waitFor()
  })
})
