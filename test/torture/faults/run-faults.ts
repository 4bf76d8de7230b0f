// Tests of the tests: puts one fault at a time into a copy of the sources and expects a named test to fail.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'
import { configFile, copyWorkspace, vitestIn } from './workspace.ts'

export interface FaultResult {
  readonly name: string
  readonly caughtBy: string
  /** `stale`: the text that it changes is not there any more. `unproven`: its test fails, or does not exist, without it as well. */
  readonly verdict: 'caught' | 'missed' | 'stale' | 'unproven'
  readonly seconds: number
}

export interface FaultOptions {
  readonly postgresUrl: string
  readonly onlyQuick?: boolean
  /** Only those whose name contains this. */
  readonly only?: string
  readonly onResult?: (result: FaultResult) => void
}

/** A test that takes longer hangs, which is a way to fail. Milliseconds. */
const patienceMs = 240_000

export async function runFaults(options: FaultOptions): Promise<FaultResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-faults-'))
  try {
    copyWorkspace(folder, options.postgresUrl)
    const chosen = mutants.filter(({ name, isQuick }) => name.includes(options.only ?? '') && (isQuick || !options.onlyQuick))
    const healthy = new Map<string, Promise<boolean>>()
    const results: FaultResult[] = []
    for (const mutant of chosen) {
      const startedAt = performance.now()
      const verdict = await judge(folder, mutant, healthy)
      const result = {
        name: mutant.name,
        caughtBy: describe(mutant),
        verdict,
        seconds: Math.round((performance.now() - startedAt) / 100) / 10,
      }
      results.push(result)
      options.onResult?.(result)
    }
    return results
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function describe({ caughtBy }: Mutant): string {
  return `${caughtBy.file} › ${caughtBy.test}`
}

async function judge(folder: string, mutant: Mutant, healthy: Map<string, Promise<boolean>>): Promise<FaultResult['verdict']> {
  const path = join(folder, mutant.file)
  const original = readFileSync(path, 'utf8')
  if (!original.includes(mutant.find)) return 'stale'
  const key = describe(mutant)
  healthy.set(key, healthy.get(key) ?? runTests(folder, mutant.caughtBy).then((ran) => ran === 'passed'))
  if (!(await healthy.get(key))) return 'unproven'
  writeFileSync(
    path,
    original.replaceAll(mutant.find, () => mutant.replace),
  )
  try {
    return (await runTests(folder, mutant.caughtBy)) === 'passed' ? 'missed' : 'caught'
  } finally {
    writeFileSync(path, original)
  }
}

/** `none` when no test has that name. */
async function runTests(folder: string, { file, test }: Mutant['caughtBy']): Promise<'passed' | 'failed' | 'none'> {
  const outcome = join(folder, 'outcome.json')
  rmSync(outcome, { force: true })
  const args = ['run', '--config', configFile, '--reporter=json', `--outputFile=${outcome}`, file, '-t', escapeForPattern(test)]
  const child = spawn(process.execPath, [vitestIn(folder), ...args], {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, NODE_OPTIONS: '', VITEST: '', VITEST_POOL_ID: '', VITEST_WORKER_ID: '', ENGINE_SEED: '1' },
    timeout: patienceMs,
    killSignal: 'SIGKILL',
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const { numPassedTests, numFailedTests } = readOutcome(outcome)
  if (numPassedTests + numFailedTests === 0) return 'none'
  // An error outside of any test fails the whole run, and no test of it.
  return code === 0 ? 'passed' : 'failed'
}

/** Sources that do not even load fail every test. */
function readOutcome(path: string): { numPassedTests: number; numFailedTests: number } {
  try {
    // What the JSON reporter writes.
    return JSON.parse(readFileSync(path, 'utf8')) as { numPassedTests: number; numFailedTests: number }
  } catch {
    return { numPassedTests: 0, numFailedTests: 1 }
  }
}

function escapeForPattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
