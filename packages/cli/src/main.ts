import { Argument, Command } from 'commander'

import { coreRegistry } from '@engine/core'

import type { AuditFlags } from './audit.ts'
import { completionScript, shells } from './completion.ts'
import type { PasswordLinkFlags, ServeFlags } from './config.ts'
import type { DatabaseFlags } from './database.ts'
import { addOperations } from './operations/commands.ts'
import { report } from './operations/exit.ts'
import type { DoctorFlags } from './doctor.ts'
import type { VerifyFlags } from './verify.ts'
import type { WorkerFlags } from './worker-config.ts'

/** Servers, drivers and adapters: who calls a server, or asks for help, does not wait for them to load. */
const here = () => import('./local.ts')

/** The `engine` command: what works on this machine, and every operation of a server. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('engine')
    .description('Runs AI agents as a governed workforce.')
    .showHelpAfterError('(--help says what there is)')
    .exitOverride()
  program.commandsGroup('On this machine:')
  addProcesses(program)
  addDatabase(program)
  addOperations(program, coreRegistry(), (name) => argv.includes(name) || argv.includes('completion'))
  addCompletion(program)
  try {
    await program.parseAsync(argv)
  } catch (error) {
    process.exitCode = report(error, { isJson: argv.includes('--json') })
  }
}

function addProcesses(program: Command): void {
  withAgents(program.command('serve'))
    .description('Serve the API, its documentation and the board, and execute the agents.')
    .option('--port <number>', 'port to listen on; 0 takes a free one (PORT, default 4400)')
    .option('--host <address>', 'address to listen on; beyond this machine only with --mode authenticated (HOST, default 127.0.0.1)')
    .option(
      '--mode <mode>',
      'local_trusted: this machine alone, without accounts; authenticated: people log in (ENGINE_MODE, default local_trusted)',
    )
    .option('--public-url <url...>', 'https:// addresses under which people reach an authenticated server (ENGINE_PUBLIC_URL)')
    .option('--trust-proxy <address...>', 'proxies that are believed when they say who comes (ENGINE_TRUST_PROXY, default none)')
    .option('--rate-limit <number>', 'requests a minute that one key may make, or off (ENGINE_RATE_LIMIT, default 6000)')
    .option(
      '--delivery-timeout <seconds>',
      'how long one try to deliver may take, with all its files (ENGINE_DELIVERY_TIMEOUT, default 30)',
    )
    .option('--bootstrap <path>', 'a YAML file or a package folder: what of it is not there is made at the start (ENGINE_BOOTSTRAP)')
    .option('--no-demo', 'do not create the demo company in an empty database (ENGINE_DEMO=off)')
    .action(async (flags: ServeFlags) => (await here()).serve(flags))
  withAgents(program.command('worker'))
    .description('Execute runs beside engine serve and other workers: on the same Postgres database, or over HTTP for a server.')
    .option('--concurrency <number>', 'how many runs at once (default 8)')
    .option('--name <name>', 'how it is called in the list of workers (default: machine and process id)')
    .option(
      '--grace <seconds>',
      'how long live runs may go on when it is told to stop; then they are handed back, and 15 more seconds later left behind (default 15)',
    )
    .option('--server <url>', 'take the runs of this server over HTTP, without a database (ENGINE_SERVER)')
    .option('--key <key>', 'what the server gave for it: nodes.createKey (better ENGINE_NODE_KEY: others see arguments)')
    .option('--metrics-port <number>', 'where a monitor reads /metrics and /api/health of this process (ENGINE_METRICS_PORT, default none)')
    .option('--metrics-host <address>', 'beyond this machine with ENGINE_METRICS_TOKEN only (ENGINE_METRICS_HOST, default 127.0.0.1)')
    .action(async (flags: WorkerFlags) => (await here()).work(flags))
  onDatabase(program.command('mcp'))
    .description('Serve a client of the Model Context Protocol that starts this program, as whoever ENGINE_API_KEY is of.')
    .action(async (flags: DatabaseFlags) => (await here()).speakMcp(flags))
}

function addDatabase(program: Command): void {
  onDatabase(program.command('backup <file>'))
    .description('Copy the database to a new file, also while it is in use.')
    .action(async (file: string, flags: DatabaseFlags) => (await here()).backup(file, flags))
  onDatabase(program.command('restore <file>'))
    .description('Put such a copy in the place of the database, where none is.')
    .action(async (file: string, flags: DatabaseFlags) => (await here()).restore(file, flags))
  onDatabase(program.command('password-link <email>'))
    .description('Print a link by which somebody sets the password of their account, once.')
    .option('--server <url>', 'where the server is reached (ENGINE_PUBLIC_URL, default http://127.0.0.1:4400)')
    .action(async (email: string, flags: PasswordLinkFlags) => (await here()).makePasswordLink(email, flags))
  onDatabase(program.command('migrate'))
    .description('Bring the schema of the database up to date, as every start does.')
    .action(async (flags: DatabaseFlags) => (await here()).migrate(flags))
  onDatabase(program.command('verify'))
    .description('Check every invariant that can be read off the database; 1 when one does not hold.')
    .option('--repair', 'first correct the figures that only count other rows')
    .action(async (flags: VerifyFlags) => (await here()).verify(flags))
  onDatabase(program.command('audit').description('The sealed log.').command('verify'))
    .description('Compute the seals of the log anew and compare them; 1 when a sealed event is not as it was sealed.')
    .option('--company <id>', 'only this company')
    .option('--anchors <file>', 'compare the seals with these anchors too, which tells a log that was cut off or written anew')
    .option('--public-key <file>', 'what the anchors are signed with (anchors.public.pem beside them)')
    .option('--json', 'print the whole result as JSON')
    .action(async (flags: AuditFlags) => (await here()).verifyAudit(flags))
  onDatabase(program.command('doctor'))
    .description('Say how the database is, and whether a server can start here; 1 when something needs looking after.')
    .option('--port <number>', 'the port that engine serve is to have (PORT, default 4400)')
    .option('--host <address>', 'the address that engine serve is to have (HOST, default 127.0.0.1)')
    .option('--allow-program <program...>', 'programs that agents are to be run by (ENGINE_ALLOW_PROGRAMS)')
    .option('--json', 'print the findings as JSON')
    .action(async (flags: DoctorFlags) => (await here()).doctor(flags))
}

function addCompletion(program: Command): void {
  program
    .command('completion')
    .helpGroup('On this machine:')
    .description('Print what makes a shell complete commands and flags, to be sourced by it.')
    .addArgument(new Argument('<shell>').choices(shells))
    .action((shell: (typeof shells)[number]) => void process.stdout.write(completionScript(program, shell)))
}

function onDatabase(command: Command): Command {
  return command
    .option('--data-dir <folder>', 'where the database file lives (ENGINE_DATA_DIR, default ./data)')
    .option('--database-url <url>', 'database to use instead: postgres://…, pglite://./folder or file:./engine.db (DATABASE_URL)')
}

/** Of commands that run on. */
function withLog(command: Command): Command {
  return command
    .option('--log-format <format>', 'how the log is written, on stderr: json or text (ENGINE_LOG_FORMAT, default json)')
    .option(
      '--log-level <level>',
      'what is written at least: debug, info (each request too), warn or error (ENGINE_LOG_LEVEL, default warn)',
    )
}

/** Of commands that execute agents. */
function withAgents(command: Command): Command {
  return withLog(onDatabase(command))
    .option(
      '--allow-program <program...>',
      'programs that agents may be run by, by name or absolute path (ENGINE_ALLOW_PROGRAMS, default none)',
    )
    .option('--account-log-days <number>', 'how long it is kept who logged in from where (ENGINE_ACCOUNT_LOG_DAYS, default 365)')
    .option('--plugin <plugin...>', 'plugins to load, packages or files (ENGINE_PLUGINS, default none; docs/plugins.md)')
    .option(
      '--allow-folder <folder...>',
      'folders in which, and below which, programs of agents may work (ENGINE_ALLOW_FOLDERS, default any)',
    )
    .option('--allow-target <address...>', 'addresses besides public ones that agents may be behind (ENGINE_ALLOW_TARGETS, default none)')
}
