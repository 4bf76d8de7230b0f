import { expect, it } from 'vitest'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'

it('delivers one approved report to a webhook, a mailbox and a bucket, as whoever is there reads it', async () => {
  const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder() })
  expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
  expect(program.output()).not.toContain(': failed')
  expect(program.output()).toContain('webhook → deliverable.approved: Twelve chairs\n')
  expect(program.output()).toContain('email → ann@example.com has "Approved: Twelve chairs" with ')
  expect(program.output()).toContain('storage → REP-1/content.md: # Twelve chairs\n')
})
