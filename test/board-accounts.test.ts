import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { serve } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'

import { goodPassword, openSetup, otherPassword, quickPasswords } from './support/accounts.ts'
import { lookAt, type Look } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { scriptedAdapter, until } from './support/engine.ts'

describe.skipIf(!canLook)('the board of a server where people log in', { timeout: 60_000 }, () => {
  const now = stage(async () => ({ close: async () => {} }))

  async function start() {
    const settings = { ...quickPasswords, pollMs: 50 }
    const engine = await createEngine({ storage: sqlite(':memory:'), adapters: [scriptedAdapter()], settings })
    const server = await serve({ engine, port: 0, mode: 'authenticated', board: now().board })
    onTestFinished(async () => {
      await server.close()
      await engine.stop()
    })
    return {
      engine,
      url: server.url,
      open: (path: string, look?: Look) => now().open(server.url, path, look),
      token: (await openSetup(engine)) ?? '',
    }
  }

  async function makeAccount(page: Page, { name, email }: { name: string; email: string }) {
    await page.getByLabel('Your name').fill(name)
    await page.getByLabel('Email address').fill(email)
    await page.getByLabel(/New password/).fill(goodPassword)
    await page.keyboard.press('Enter')
  }

  async function logIn(page: Page, email: string, password: string) {
    await page.getByLabel('Email address').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
  }

  it('is set up by a link, makes a company, lets its owner out and in again, and follows what happens', async () => {
    const { engine, url, open, token } = await start()
    const page = await open('')
    await page.waitForURL(`${url}/login`)
    await page.goto(`${url}/setup#${token}`)
    await makeAccount(page, { name: 'Ada Lovelace', email: 'ada@example.com' })
    await page.getByText('Begin with a company').waitFor()
    await page.getByLabel('Its name').fill('Acme Works')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${url}/ACM/dashboard`)
    await page.getByText('Hire an agent').waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press(',')
    const account = page.getByRole('list', { name: 'Where you are logged in' })
    await account.getByText('this one').waitFor()
    await lookAt(page, 'settings-account')
    await page.setViewportSize({ width: 1280, height: 820 })
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByLabel('Present password').fill(otherPassword)
    await page.getByLabel('New password').fill(otherPassword)
    await page.getByRole('button', { name: 'Change it' }).click()
    await page.getByRole('dialog').getByRole('alert').waitFor()
    await page.getByLabel('Present password').fill(goodPassword)
    await page.getByRole('button', { name: 'Change it' }).click()
    await page.getByText('The password is another one').waitFor()
    await page.getByRole('button', { name: 'Log out' }).first().click()
    await page.waitForURL(`${url}/login`)
    await logIn(page, 'ada@example.com', goodPassword)
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor()
    await logIn(page, 'ada@example.com', otherPassword)
    await page.waitForURL(/ACM\/inbox/)
    await page.goto(`${url}/ACM/tasks`)
    await page.locator('.eng-live[data-state=live]').waitFor()
    const { items } = await engine.companies.list()
    await engine.tasks.create({ companyId: items[0]?.id ?? '', title: 'Seen at once' })
    await page.getByText('Seen at once').waitFor()
  })

  it('lets somebody in by the link of the board, as what they were invited as and no more', async () => {
    const { engine, url, open, token } = await start()
    await engine.companies.create({ name: 'Acme Works' })
    const owner = await open(`setup#${token}`)
    await makeAccount(owner, { name: 'Ada Lovelace', email: 'ada@example.com' })
    await owner.locator('.eng-live[data-state=live]').waitFor()
    await owner.goto(`${url}/ACM/members`)
    await owner.getByRole('button', { name: 'Invite' }).first().click()
    await owner.getByLabel('Address').fill('kim@example.com')
    await owner.getByRole('combobox', { name: 'Role' }).selectOption('reviewer')
    await owner.getByRole('button', { name: 'Make the invitation' }).click()
    const shown = owner.getByRole('dialog', { name: 'The invitation' }).locator('output')
    await shown.waitFor()
    const link = (await shown.textContent()) ?? ''
    expect(link.startsWith(`${url}/invitation#eng_`)).toBe(true)
    const guest = await open(link.slice(url.length + 1))
    await makeAccount(guest, { name: 'Kim', email: 'kim@example.com' })
    await guest.locator('.eng-live[data-state=live]').waitFor()
    await owner.getByRole('button', { name: 'I have kept it' }).click()
    await owner.getByLabel('Role of Kim').waitFor()
    await guest.goto(`${url}/ACM/budgets`)
    await guest.getByText('Nothing is limited yet').waitFor()
    expect(await guest.getByRole('button', { name: 'New budget' }).count()).toBe(0)
    await guest.keyboard.press('c')
    expect(await guest.getByRole('dialog').count()).toBe(0)
    // Accounts are for who owns the installation.
    await guest.goto(`${url}/ACM/members?tab=accounts`)
    await guest.getByRole('tab', { name: 'Keys' }).waitFor()
    expect(await guest.getByRole('tab', { name: 'Accounts' }).count()).toBe(0)
    // Workers are for operators of all companies.
    await guest.goto(`${url}/ACM/workers`)
    await guest.getByText('Only owners of the installation may see it.').waitFor()
    expect(await guest.getByRole('button', { name: 'Add a node' }).count()).toBe(0)
    expect(await guest.getByRole('link', { name: 'Workers' }).count()).toBe(0)
    // Whoever is kept out hears nothing more, and is told so.
    await owner.getByRole('button', { name: 'Change Kim' }).click()
    await owner.getByRole('menuitem', { name: 'Keep out for now' }).click()
    await until(
      () => guest.locator('.eng-connection[data-state=refused]').count(),
      (count) => count === 1,
    )
  })

  it('lets who owns the installation give and take its ownership, and delete accounts, by the keyboard', async () => {
    const { engine, url, open, token } = await start()
    const company = await engine.companies.create({ name: 'Acme Works' })
    const page = await open(`setup#${token}`)
    await makeAccount(page, { name: 'Ada Lovelace', email: 'ada@example.com' })
    await page.locator('.eng-live[data-state=live]').waitFor()
    const { key } = await engine.invites.create({ companyId: company.id, role: 'operator', email: 'kim@example.com' })
    await engine.invites.accept({ token: key, name: 'Kim', email: 'kim@example.com', password: goodPassword })
    await page.goto(`${url}/ACM/members?tab=accounts`)
    const row = page.getByRole('row', { name: /Kim/ })
    await row.getByText('by memberships').waitFor()
    await lookAt(page, 'members-accounts')
    await page.setViewportSize({ width: 1280, height: 820 })
    const choose = async (choice: string) => {
      await page.getByRole('button', { name: 'Change the account of Kim' }).press('Enter')
      await page.getByRole('menuitem', { name: choice }).press('Enter')
    }
    await choose('Make an owner…')
    await page.getByRole('dialog').getByRole('button', { name: 'Make an owner' }).press('Enter')
    await row.getByText('owner', { exact: true }).waitFor()
    await choose('Take ownership away…')
    await page.getByRole('dialog').getByRole('button', { name: 'Take it away' }).press('Enter')
    await row.getByText('by memberships').waitFor()
    await choose('Log out everywhere')
    await page.getByText('Kim has to log in again').waitFor()
    await choose('Delete the account…')
    await page.getByLabel('Write kim@example.com to go on').fill('kim')
    await page.keyboard.press('Enter')
    await page.getByText('It has to be kim@example.com').waitFor()
    await page.getByLabel('Write kim@example.com to go on').fill('kim@example.com')
    await page.keyboard.press('Enter')
    await row.waitFor({ state: 'detached' })
    const { items } = await engine.accounts.list()
    expect(items.map(({ name }) => name)).toEqual(['Ada Lovelace'])
  })
})
