import { expect, it } from 'vitest'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'

it('stops the agent at its limit, and lets it end its task when the limit is raised', async () => {
  const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder() })
  expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
  expect(program.output()).toMatch(
    /^stopped at the line: 3 of 3 cents, Wanda is paused \(budget\)\nraised: 3 of 20 cents, Wanda is (idle|running)\n/,
  )
  expect(program.output()).toMatch(/done: 8 of 20 cents, Wanda is /)
})
