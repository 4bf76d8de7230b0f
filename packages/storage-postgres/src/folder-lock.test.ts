import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { lockFolder } from './folder-lock.ts'
import { pglite } from './pglite.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-lock-'))
})

afterEach(() => {
  for (const path of [folder, `${folder}.lock`]) rmSync(path, { recursive: true, force: true })
})

function leaveLock(holder: object | string): void {
  writeFileSync(`${folder}.lock`, typeof holder === 'string' ? holder : JSON.stringify(holder))
}

it('is had by one at a time, who is named to the others, and is free again afterwards', async () => {
  const lock = await lockFolder(folder)
  await expect(lockFolder(folder)).rejects.toThrow(`is in use by the process ${process.pid}. PGlite serves one process at a time`)
  await lock.release()
  expect(existsSync(`${folder}.lock`)).toBe(false)
  await (await lockFolder(folder)).release()
})

it.each([
  ['a process that is gone', { pid: 2 ** 22 + 1, startedAt: '1' }],
  ['a process whose id another one has now', { pid: process.ppid, startedAt: '1' }],
  ['somebody who did not finish writing', '{"pid": 1'],
])('of %s is taken over', async (_, holder) => {
  leaveLock(holder)
  await (await lockFolder(folder)).release()
})

it('of a living process is left as it is', async () => {
  leaveLock({ pid: process.ppid, startedAt: null })
  await expect(lockFolder(folder)).rejects.toThrow(`in use by the process ${process.ppid}`)
  expect(existsSync(`${folder}.lock`)).toBe(true)
})

it('of a process that is gone goes to exactly one of many', async () => {
  leaveLock({ pid: 2 ** 22 + 1, startedAt: '1' })
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)))
  expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1)
})

it('is what a PGlite takes before it reads or writes anything of its folder, and gives back when it ends', async () => {
  const place = join(folder, 'data')
  const driver = () => pglite(place).open().dialect.createDriver()
  const first = driver()
  await first.init()
  await expect(driver().init()).rejects.toThrow(`in use by the process ${process.pid}`)
  await first.destroy()
  expect(existsSync(`${place}.lock`)).toBe(false)
})
