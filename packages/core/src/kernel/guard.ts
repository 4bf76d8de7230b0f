import type { CommandContext } from './command.ts'

/** What a plugin has to say before a command is handled, in its transaction. @throws when it must not be */
export type Guard = (context: CommandContext, input: Readonly<Record<string, unknown>>) => Promise<void>

/** What is asked before a command of this name. */
export type Guards = (operation: string) => readonly Guard[]
