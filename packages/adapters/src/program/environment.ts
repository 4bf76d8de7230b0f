import { RUN_MARKER } from './tree.ts'

/** What a program needs to find its tools and speak its language. Everything else of the host, secrets included, stays there. */
const inheritedNames = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'SystemRoot']

export function programEnvironment(env: Readonly<Record<string, string>>, runId: string): Record<string, string> {
  return { ...pickFromHost(inheritedNames), ...env, [RUN_MARKER]: runId }
}

/** The shim itself needs nothing; without SystemRoot no program starts on Windows. */
export function shimEnvironment(): Record<string, string> {
  return pickFromHost(['SystemRoot'])
}

function pickFromHost(names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of names) {
    const value = process.env[name]
    if (value !== undefined) picked[name] = value
  }
  return picked
}
