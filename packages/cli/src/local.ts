import { readAccess } from './access.ts'
import { auditVerifyCommand, type AuditFlags } from './audit.ts'
import { backupCommand } from './backup.ts'
import { readConfig, readMcpConfig, readStart, type PasswordLinkFlags, type ServeFlags } from './config.ts'
import { readDatabase, readDatabaseFile, type DatabaseFlags } from './database.ts'
import { doctorCommand, type DoctorFlags } from './doctor.ts'
import { migrateCommand } from './migrate.ts'
import { nodeCommand } from './node.ts'
import { passwordLinkCommand } from './password-link.ts'
import { restoreCommand } from './restore.ts'
import { serveCommand } from './serve.ts'
import { verifyCommand, type VerifyFlags } from './verify.ts'
import { readNodeConfig, readWorkerConfig, type WorkerFlags } from './worker-config.ts'
import { workerCommand } from './worker.ts'

// The commands that work on this machine, from their flags and the environment.

export async function serve(flags: ServeFlags): Promise<void> {
  return serveCommand(await readConfig(flags, process.env))
}

export async function work(flags: WorkerFlags): Promise<void> {
  const node = readNodeConfig(flags, process.env)
  return node ? nodeCommand(node) : workerCommand(await readWorkerConfig(flags, process.env))
}

export async function speakMcp(flags: DatabaseFlags): Promise<void> {
  const config = await readMcpConfig(flags, process.env)
  const { mcpCommand } = await import('./mcp.ts')
  return mcpCommand(config)
}

export async function backup(file: string, flags: DatabaseFlags): Promise<void> {
  return backupCommand(await readDatabase(flags, process.env), file)
}

export async function restore(file: string, flags: DatabaseFlags): Promise<void> {
  const target = readDatabaseFile(flags, process.env)
  if (target === null)
    throw new Error('Only a SQLite file is restored by a copy; a Postgres has pg_restore, and PGlite a folder to copy (docs/backup.md).')
  return restoreCommand(file, target)
}

export async function makePasswordLink(email: string, flags: PasswordLinkFlags): Promise<void> {
  const server = flags.server ?? readAccess({}, process.env).publicUrls[0] ?? 'http://127.0.0.1:4400'
  return passwordLinkCommand(await readDatabase(flags, process.env), { email, server })
}

export async function migrate(flags: DatabaseFlags): Promise<void> {
  return migrateCommand(await readDatabase(flags, process.env))
}

export async function verify(flags: VerifyFlags): Promise<void> {
  return verifyCommand(await readDatabase(flags, process.env), flags)
}

export async function verifyAudit(flags: AuditFlags): Promise<void> {
  return auditVerifyCommand(await readDatabase(flags, process.env), flags)
}

export async function doctor(flags: DoctorFlags): Promise<void> {
  return doctorCommand(await readDatabase(flags, process.env), readStart(flags, process.env), flags)
}
