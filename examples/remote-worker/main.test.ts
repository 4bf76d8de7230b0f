import { expect, it } from 'vitest'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'
import { emptyDatabase } from '../../test/support/storages.ts'

it('ends a task on the worker that is left when the one that worked on it is killed', async () => {
  const env = { DATABASE_URL: await emptyDatabase() }
  const start = (file: string, args: string[] = []) => startProgram(new URL(file, import.meta.url), { args, env, cwd: temporaryFolder() })
  const main = start('./main.ts')
  await main.printed(/DEP-1 waits for a worker/)
  const workers = { north: start('./worker.ts', ['north']), south: start('./worker.ts', ['south']) }
  await Promise.all(Object.values(workers).map((worker) => worker.printed(/is ready/)))
  const [, first = ''] = await main.printed(/attempt 1 is on (north|south)/)
  const [victim, other] = first === 'north' ? [workers.north, workers.south] : [workers.south, workers.north]
  victim.child.kill('SIGKILL')
  expect(await main.exited, main.output()).toEqual({ code: 0, signal: null })
  expect(main.output()).toMatch(new RegExp(`attempt 1 was lost\nattempt 2 is on ${first === 'north' ? 'south' : 'north'}\nDEP-1 is done`))
  other.child.kill('SIGTERM')
  expect(await other.exited, other.output()).toEqual({ code: 0, signal: null })
})
