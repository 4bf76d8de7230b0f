import { join, resolve } from 'node:path'

import { localBlobs } from '@engine/blobs/local'
import type { AnchorStore, BlobStore, EngineSettings, SecretStore, Storage } from '@engine/core'
import { defaultLimits, type LimitOptions } from '@engine/http'

import { readAccess, type Access, type AccessFlags } from './access.ts'
import type { Allowed } from './adapters.ts'
import { openAnchors } from './anchors.ts'
import type { Bootstrap } from './bootstrap/index.ts'
import { isDatabaseThere, readDatabase, readDatabaseFile, readDataDir, type DatabaseFlags } from './database.ts'
import { logFormats, logLevels, type LogConfig } from './logger.ts'
import { findSecrets, openSecrets, type KeyConfig } from './secret-key.ts'
import { readList, readNumber, readPort, readSwitch, type Environment } from './settings.ts'

/** How a process that runs on says what happens. */
interface LogFlags {
  readonly logFormat?: string
  readonly logLevel?: string
}

/** What the agents of a process may start and reach. */
export interface AllowedFlags extends LogFlags {
  readonly allowProgram?: readonly string[]
  readonly allowFolder?: readonly string[]
  readonly allowTarget?: readonly string[]
  readonly plugin?: readonly string[]
  readonly accountLogDays?: string
}

export interface ServeFlags extends DatabaseFlags, AllowedFlags, AccessFlags {
  readonly port?: string
  readonly host?: string
  readonly demo?: boolean
  readonly bootstrap?: string
  readonly rateLimit?: string
  readonly deliveryTimeout?: string
}

export interface PasswordLinkFlags extends DatabaseFlags {
  readonly server?: string
}

/** What an engine is opened with that executes agents. */
export interface OpenConfig {
  readonly storage: Storage
  /** Files of the data folder, wherever the database is. */
  readonly blobs: BlobStore
  /** Where routes with a folder of this server leave what they deliver. */
  readonly deliveriesFolder: string
  /** Of the data folder too, or as ENGINE_SECRET_KEY says: what opens the secrets. Null for who does without. */
  readonly secrets: SecretStore | null
  /** Of the data folder too: where the log is anchored. */
  readonly anchors: AnchorStore
  readonly allowed: Allowed
  readonly log: LogConfig
  /** Packages and files of plugins. */
  readonly plugins: readonly string[]
  readonly settings: Settings
}

/** What an operator may say of the engine's settings; what nobody said is as the engine has it. */
type Settings = Partial<Pick<EngineSettings, 'accountLogDays' | 'deliveryTimeoutMs'>>

export interface ServeConfig extends OpenConfig {
  readonly host: string
  readonly access: Access
  readonly port: number
  readonly hasDemo: boolean
  /** What there is to be from the beginning; null when nobody said so. */
  readonly bootstrap: Bootstrap | null
  /** What a monitor sends to read the figures; null when nobody but the local operator does. */
  readonly metricsToken: string | null
  /** How much one caller with a key may ask; null for as much as it likes. */
  readonly limits: LimitOptions | null
}

export interface StartConfig extends KeyConfig {
  readonly host: string
  readonly port: number
  /** Where the SQLite file is, or will be; null for a database elsewhere. */
  readonly file: string | null
  readonly allowed: Allowed
}

/** A flag wins over its environment variable, which wins over the default. @throws naming the setting that is wrong */
export async function readConfig(flags: ServeFlags, environment: Environment): Promise<ServeConfig> {
  const config = await readServing(flags, environment)
  const hasDatabase = isDatabaseThere(flags, environment)
  return { ...config, secrets: await openSecrets(config.storage, { ...readKeyConfig(flags, environment), hasDatabase }) }
}

/** All but the key of the secrets, which a start makes where there is none. */
async function readServing(flags: ServeFlags, environment: Environment): Promise<Omit<ServeConfig, 'secrets'>> {
  const access = readAccess(flags, environment)
  const bootstrap = await readBootstrapPath(flags.bootstrap ?? environment['ENGINE_BOOTSTRAP'])
  // It works in the folder that the server is started in, for the person who starts it.
  const hasDemo = flags.demo !== false && readSwitch('ENGINE_DEMO', environment['ENGINE_DEMO']) && access.mode === 'local_trusted'
  return {
    access,
    host: readHost(flags, environment),
    port: readPort(flags.port ?? environment['PORT'] ?? '4400'),
    storage: await readDatabase(flags, environment),
    blobs: localBlobs(join(resolve(readDataDir(flags, environment)), 'blobs')),
    deliveriesFolder: join(resolve(readDataDir(flags, environment)), 'deliveries'),
    anchors: await openAnchors(readDataDir(flags, environment)),
    hasDemo: hasDemo && bootstrap === null && readFolders(flags, environment) === null,
    bootstrap,
    // Whoever configures agents there is who started it, and their own models are served on this machine.
    allowed: { ...readAllowed(flags, environment), anyModelServer: access.mode === 'local_trusted' },
    log: readLog(flags, environment),
    metricsToken: readToken(environment['ENGINE_METRICS_TOKEN']),
    limits: readLimits(flags.rateLimit ?? environment['ENGINE_RATE_LIMIT'] ?? String(defaultLimits.perMinute)),
    plugins: readPlugins(flags, environment),
    settings: readSettings(flags, environment),
  }
}

/** Who starts without one does not wait for YAML to load. */
async function readBootstrapPath(path = ''): Promise<Bootstrap | null> {
  return path === '' ? null : (await import('./bootstrap/index.ts')).openBootstrap(path)
}

export function readLog(flags: LogFlags, environment: Environment): LogConfig {
  return {
    format: readWord('ENGINE_LOG_FORMAT (or --log-format)', flags.logFormat ?? environment['ENGINE_LOG_FORMAT'] ?? 'json', logFormats),
    level: readWord('ENGINE_LOG_LEVEL (or --log-level)', flags.logLevel ?? environment['ENGINE_LOG_LEVEL'] ?? 'warn', logLevels),
  }
}

function readWord<Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const word = words.find((each) => each === text)
  if (word !== undefined) return word
  throw new Error(`${name} must be one of ${words.join(', ')}, not "${text}".`)
}

/** Long enough that nobody guesses it, since it is sent again and again. @throws without repeating it */
export function readToken(token = ''): string | null {
  if (token === '' || /^\S{16,}$/.test(token)) return token === '' ? null : token
  throw new Error('ENGINE_METRICS_TOKEN must have 16 characters or more, and no spaces.')
}

function readLimits(text: string): LimitOptions | null {
  if (text === 'off') return null
  return { perMinute: readNumber('ENGINE_RATE_LIMIT (or --rate-limit), unless it is off,', text, { least: 1, most: 1_000_000 }) }
}

/** @throws naming the setting that is wrong, and never the key */
export async function readMcpConfig(flags: DatabaseFlags, environment: Environment): Promise<OpenConfig & { readonly key: string }> {
  const key = environment['ENGINE_API_KEY'] ?? ''
  if (key === '') throw new Error('Set ENGINE_API_KEY to a key of a person (eng_user_…) or of an agent (eng_agent_…) in this database.')
  return { ...(await readServing(flags, environment)), secrets: findSecrets(readKeyConfig(flags, environment)), key }
}

/** What a start would take, for whoever looks whether it can. @throws naming the setting that is wrong */
export function readStart(flags: ServeFlags, environment: Environment): StartConfig {
  return {
    host: readHost(flags, environment),
    port: readPort(flags.port ?? environment['PORT'] ?? '4400'),
    ...readKeyConfig(flags, environment),
    file: readDatabaseFile(flags, environment),
    allowed: readAllowed(flags, environment),
  }
}

function readKeyConfig(flags: DatabaseFlags, environment: Environment): KeyConfig {
  return { dataDir: resolve(readDataDir(flags, environment)), secretKey: environment['ENGINE_SECRET_KEY'] }
}

function readHost(flags: ServeFlags, environment: Environment): string {
  return flags.host ?? environment['HOST'] ?? '127.0.0.1'
}

/** A path may have blanks. */
const paths = { mayHaveBlanks: true }

export function readAllowed(flags: AllowedFlags, environment: Environment): Allowed {
  return {
    programs: flags.allowProgram ?? readList(environment['ENGINE_ALLOW_PROGRAMS'], paths),
    folders: readFolders(flags, environment),
    targets: flags.allowTarget ?? readList(environment['ENGINE_ALLOW_TARGETS']),
  }
}

export function readPlugins(flags: AllowedFlags, environment: Environment): readonly string[] {
  return flags.plugin ?? readList(environment['ENGINE_PLUGINS'], paths)
}

export function readSettings(flags: Pick<ServeFlags, 'accountLogDays' | 'deliveryTimeout'>, environment: Environment): Settings {
  const days = flags.accountLogDays ?? environment['ENGINE_ACCOUNT_LOG_DAYS'] ?? ''
  const seconds = flags.deliveryTimeout ?? environment['ENGINE_DELIVERY_TIMEOUT'] ?? ''
  return {
    ...(days !== '' && { accountLogDays: readNumber('ENGINE_ACCOUNT_LOG_DAYS (or --account-log-days)', days, { least: 1, most: 36_500 }) }),
    ...(seconds !== '' && {
      deliveryTimeoutMs: 1_000 * readNumber('ENGINE_DELIVERY_TIMEOUT (or --delivery-timeout)', seconds, { least: 1, most: 3_600 }),
    }),
  }
}

/** Null where nobody said so: any folder. */
function readFolders(flags: AllowedFlags, environment: Environment): readonly string[] | null {
  const folders = flags.allowFolder ?? readList(environment['ENGINE_ALLOW_FOLDERS'], paths)
  return folders.length === 0 ? null : folders
}
