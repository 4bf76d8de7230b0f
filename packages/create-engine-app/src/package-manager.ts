import { spawn } from 'node:child_process'

export const packageManagers = ['npm', 'pnpm', 'yarn', 'bun'] as const
export type PackageManager = (typeof packageManagers)[number]

/** Who started this, as all of them say it: `pnpm/10.34.9 npm/? node/v24.21.0 linux x64`. npm when nobody says so. */
export function detectPackageManager(userAgent = ''): PackageManager {
  const name = userAgent.split('/')[0]
  return packageManagers.find((each) => each === name) ?? 'npm'
}

/** Installs what an app needs; its output is the terminal's. Resolves with whether it is there. */
export async function install(packageManager: PackageManager, folder: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const quiet = packageManager === 'npm' ? ['--no-audit', '--no-fund', '--loglevel=error'] : []
  const command = [packageManager, 'install', ...quiet]
  // On Windows they are command files, which are run by its interpreter; no argument comes from outside.
  const [file = '', ...args] = process.platform === 'win32' ? ['cmd.exe', '/d', '/c', ...command] : command
  const child = spawn(file, args, { cwd: folder, stdio: 'inherit' })
  child.on('error', () => resolve(false))
  child.on('close', (code) => resolve(code === 0))
  return promise
}
