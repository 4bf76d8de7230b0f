import { join } from 'node:path'

import axe from 'axe-core'
import type { Browser, Frame, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'

import { artefacts } from './browser.ts'

export interface Look {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  /** By a finger, as on a phone. */
  readonly isTouched?: boolean
  /** As which browser it says it is. */
  readonly userAgent?: string
}

/** Opens pages of the board at a server: each fails its test when anything is thrown, refused by the policy or asked of another server. */
export function pagesOf(browser: Browser, url: string) {
  return async (path: string, { theme = 'light', width = 1280, isTouched = false, ...rest }: Look = {}): Promise<Page> => {
    const viewport = { width, height: 820 }
    const touch = { hasTouch: isTouched, isMobile: isTouched }
    const context = await browser.newContext({ colorScheme: theme, viewport, ...touch, ...rest, bypassCSP: false })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    const isOurs = (asked: string) => [url, 'data:', 'blob:'].some((begin) => asked.startsWith(begin))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on(
      'console',
      (message) => message.type() === 'error' && !/status of 4\d\d/.test(message.text()) && complaints.push(message.text()),
    )
    page.on('request', (request) => !isOurs(request.url()) && complaints.push(`asked ${request.url()}`))
    onTestFinished(() => expect(complaints).toEqual([]))
    await page.goto(`${url}/${path}`)
    return page
  }
}

/** Taken when all parts of the page have come. */
export async function shoot(page: Page, name: string): Promise<void> {
  await page.locator('[data-loading]').first().waitFor({ state: 'detached' })
  await page.screenshot({ path: join(artefacts, `${name}.png`) })
}

/** Looks at a page in light, dark and at the width of a phone: axe finds nothing, and nothing stands beyond its edge. */
export async function lookAt(page: Page, name: string): Promise<void> {
  for (const look of ['light', 'dark', 'phone'] as const) {
    await page.emulateMedia({ colorScheme: look === 'dark' ? 'dark' : 'light' })
    await page.setViewportSize({ width: look === 'phone' ? 390 : 1280, height: 820 })
    await shoot(page, `${name}-${look}`)
    expect(await violations(page), `${name}, ${look}`).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), `${name}, ${look}`).toBeLessThanOrEqual(0)
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 820 })
}

/** Until what happens elsewhere comes to a page, and its screen is there to be seen, with its keys. */
export async function isLive(page: Page): Promise<void> {
  await page.locator('.eng-live[data-state=live]').waitFor()
  await page.getByRole('main').getByRole('heading', { level: 1 }).first().waitFor()
}

/** What axe finds in the page of a plugin, whose title stands around its frame; it may ask nobody, not even for its own styles. */
export function violationsInFrame(frame: Frame): Promise<string[]> {
  return violations(frame, "preload: false, rules: { 'page-has-heading-one': { enabled: false } }")
}

/** What axe finds, in a line each. */
async function violations(page: Page | Frame, options = ''): Promise<string[]> {
  await page.evaluate(axe.source)
  const found: unknown = await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'], ${options} }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target, failureSummary }) => target.join(' ') + ' ' + failureSummary).join(' | ')))`,
  )
  // The text above gives a list of texts.
  return found as string[]
}
