import { Command } from 'commander'

import { readConfig, type ServeFlags } from './config.ts'
import { serveCommand } from './serve.ts'

/** The `engine` command. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('engine').description('Runs AI agents as a governed workforce.').showHelpAfterError()
  program
    .command('serve')
    .description('Serve the API, its documentation and the status page, and execute the agents.')
    .option('--port <number>', 'port to listen on; 0 takes a free one (PORT, default 4400)')
    .option('--host <address>', 'loopback address to listen on (HOST, default 127.0.0.1)')
    .option('--data-dir <folder>', 'where the database file lives (ENGINE_DATA_DIR, default ./data)')
    .option('--database-url <url>', 'database to use instead: postgres://…, pglite://./folder or file:./engine.db (DATABASE_URL)')
    .option('--no-demo', 'do not create the demo company in an empty database (ENGINE_DEMO=off)')
    .action(async (flags: ServeFlags) => serveCommand(await readConfig(flags, process.env)))
  try {
    await program.parseAsync(argv)
  } catch (error) {
    console.error(`engine: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
