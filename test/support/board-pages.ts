import { join } from 'node:path'

import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'

import { artefacts } from './browser.ts'

/** A page of its own that fails the test when anything is thrown, refused by the policy or asked of another server. */
export async function openPage(browser: Browser, { server, path }: { server: string; path: string }): Promise<Page> {
  const context = await browser.newContext({ colorScheme: 'light', viewport: { width: 1280, height: 820 }, bypassCSP: false })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && !/status of 4\d\d/.test(message.text()) && complaints.push(message.text()))
  const isOurs = (url: string) => url.startsWith(server) || url.startsWith('data:') || url.startsWith('blob:')
  page.on('request', (request) => !isOurs(request.url()) && complaints.push(`asked ${request.url()}`))
  onTestFinished(() => expect(complaints).toEqual([]))
  await page.goto(`${server}/${path}`)
  return page
}

/** In light, dark and at the width of a phone: a picture of each, which must be accessible and no wider than the window. */
export async function lookAt(page: Page, name: string): Promise<void> {
  for (const look of ['light', 'dark', 'phone'] as const) {
    await page.emulateMedia({ colorScheme: look === 'dark' ? 'dark' : 'light' })
    await page.setViewportSize({ width: look === 'phone' ? 390 : 1280, height: 820 })
    await page.locator('[data-loading]').first().waitFor({ state: 'detached' })
    await page.screenshot({ path: join(artefacts, `${name}-${look}.png`) })
    expect(await violations(page), `${name}, ${look}`).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), `${name}, ${look}`).toBeLessThanOrEqual(0)
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 820 })
}

/** What axe finds, in a line each. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const found: unknown = await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target, failureSummary }) => target.join(' ') + ' ' + failureSummary).join(' | ')))",
  )
  // The text above gives a list of texts.
  return found as string[]
}
