import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { describe, expect, onTestFinished, test } from 'vitest'

import { isAlive } from './fixtures.ts'
import { endTree, identifyLeader, livingMembers, RUN_MARKER } from './tree.ts'

/** A bystander or member with a group of its own; ended with the test. */
async function startSleeper(environment: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, ['-e', `console.log('up'); setInterval(() => {}, 1000)`], {
    detached: true,
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  if (child.pid === undefined) throw new Error('The sleeper did not start.')
  return child.pid
}

describe.runIf(process.platform === 'linux')('the tree of a run', () => {
  test('holds exactly the processes with its own id', async () => {
    const pid = await startSleeper({ [RUN_MARKER]: 'run-1' })
    await startSleeper({ [RUN_MARKER]: 'run-12' })
    await startSleeper({ [`MY_${RUN_MARKER}`]: 'run-1' })
    expect(livingMembers({ runId: 'run-1', leader: null })).toEqual([pid])
  })

  test('does not hold a later process with the number of its leader', async () => {
    const pid = await startSleeper({})
    const leader = { pid, startTime: '1' }
    expect(await endTree({ runId: 'run-reused', leader }, 0)).toEqual([])
    expect(isAlive(pid)).toBe(true)
    expect(await endTree({ runId: 'run-reused', leader: identifyLeader(pid) }, 0)).toEqual([])
    expect(isAlive(pid)).toBe(false)
  })
})
