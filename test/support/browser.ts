import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { chromium, type Browser, type LaunchOptions } from 'playwright-core'

/** Where a Chromium may be: that of Debian, of others, or the one that CHROMIUM names. */
const places = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const uiKit = fileURLToPath(new URL('../../packages/ui-kit', import.meta.url))
/** Pictures of a run, to be looked at; not kept by git. */
export const artefacts = fileURLToPath(new URL('../artefacts/board/', import.meta.url))

/** Null where there is none: then the tests of the board are skipped, and say so. */
export function findChromium(): string | null {
  return places.find((place) => place !== undefined && existsSync(place)) ?? null
}

export async function startBrowser(executablePath: string, { ignoreDefaultArgs = [] }: LaunchOptions = {}): Promise<Browser> {
  mkdirSync(artefacts, { recursive: true })
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
  return chromium.launch({ executablePath, args, ignoreDefaultArgs })
}

/** One that keeps the pages that were left, with their connections, for going back, as those of people do and those of tests do not. */
export function startBrowserThatKeepsPages(): Promise<Browser> {
  return startBrowser(findChromium() ?? '', { ignoreDefaultArgs: ['--disable-back-forward-cache'] })
}

/** Builds the board from its sources into a folder, as it is published. @returns what the build printed */
export async function buildBoard(folder: string): Promise<string> {
  const vite = join(uiKit, 'node_modules/vite/bin/vite.js')
  const given = { cwd: uiKit, env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1', NODE_OPTIONS: '' } }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', folder], given)
  return stdout + stderr
}

/** Says a figure, or why something was not tried, where the run prints it. */
export function note(text: string): void {
  console.info(text)
}
