import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'

const file = new URL('./main.ts', import.meta.url)

it('executes a task, prints what its agent wrote, and stops on Ctrl-C', async () => {
  const program = startProgram(file, { cwd: temporaryFolder() })
  const [, text] = await program.printed(/text: '(.*)\\n'/)
  expect(Number.isNaN(Date.parse(text ?? ''))).toBe(false)
  program.child.kill('SIGINT')
  expect(await program.exited).toEqual({ code: 0, signal: null })
})

it('stands in the README as it is', () => {
  expect(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).toContain(readFileSync(file, 'utf8').trim())
})

it('is at most fifteen lines long', () => {
  expect(readFileSync(file, 'utf8').trim().split('\n').length).toBeLessThanOrEqual(15)
})
