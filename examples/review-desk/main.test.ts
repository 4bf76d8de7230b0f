import { expect, it } from 'vitest'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'

it('hands a notice from program to program, over a review that asks for another version, and publishes what was approved', async () => {
  const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder() })
  expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
  expect(program.output()).toBe(
    [
      'Version 1: The office is closed.',
      'Version 2: The office is closed on Friday.',
      'NOT-1 Write the notice: done',
      'NOT-2 Check the notice: done',
      'NOT-3 Publish the notice: done',
      '# Notice\n\nThe office is closed on Friday.\n\n',
    ].join('\n'),
  )
})
