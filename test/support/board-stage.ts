import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, inject } from 'vitest'

import { pagesOf, type Look } from './board-page.ts'
import { buildBoard, findChromium, note, startBrowser } from './browser.ts'
import { makeOnce } from './templates.ts'

const chromium = findChromium()

/** Whether the board can be looked at here; where not, the run says so. */
export const canLook = chromium !== null
if (!canLook) note('the board is not looked at: there is no Chromium; install it (apt-get install chromium) or say where by CHROMIUM')

interface Stage {
  /** Where the board was built. */
  readonly board: URL
  readonly browser: Browser
  /** What its build printed. */
  readonly built: string
  /** Opens a page of the board at a server. */
  open(url: string, path: string, look?: Look): ReturnType<ReturnType<typeof pagesOf>>
}

/**
 * The board, with a browser and a world that `create` makes of it, for all tests of a file; gone after them. What it gives is there
 * once a test runs.
 */
export function stage<World extends { close(): Promise<void> }>(create: (board: URL) => Promise<World>): () => Stage & { world: World } {
  let now: (Stage & { world: World }) | null = null
  let close = async () => {}
  beforeAll(async () => {
    const { folder, built } = await builtBoard(inject('templateFolder'))
    const browser = await startBrowser(chromium ?? '')
    const board = pathToFileURL(`${folder}/`)
    const world = await create(board)
    now = { board, browser, built, world, open: (url, path, look) => pagesOf(browser, url)(path, look) }
    close = async () => {
      await browser.close()
      await world.close()
    }
  }, 120_000)
  afterAll(() => close())
  return () => {
    if (!now) throw new Error('the stage is set before the first test, and not earlier')
    return now
  }
}

/** The board and what its build printed; built once for all files of tests, which only read it. */
async function builtBoard(templateFolder: string): Promise<{ folder: string; built: string }> {
  const whole = join(templateFolder, 'board')
  await makeOnce(whole, async (path) => {
    mkdirSync(path)
    writeFileSync(join(path, 'printed'), await buildBoard(join(path, 'files')))
  })
  return { folder: join(whole, 'files'), built: readFileSync(join(whole, 'printed'), 'utf8') }
}

/** The same for tests that make a world each. */
export function emptyStage(): () => Stage {
  return stage(async () => ({ close: async () => undefined }))
}
