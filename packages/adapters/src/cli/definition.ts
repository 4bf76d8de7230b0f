import type { AdapterStartOptions, AgentAdapter, FailureClass, JsonObject } from '@engine/core/plugin'
import type { z } from 'zod'

import type { Allowed } from '../program/allowed.ts'
import type { ToolAddress } from '../tool-server/server.ts'
import type { CliConfig } from './config.ts'
import type { Dialogue } from './dialogue.ts'
import type { Fact } from './facts.ts'

interface CliPlace {
  readonly sessionId: string | null
  readonly cwd: string
}

interface ArgumentsPlace extends CliPlace {
  readonly cap: AdapterStartOptions<unknown>['cap']
  /** Where Engine's tools are; null where they are switched off. What opens them never becomes an argument. */
  readonly toolsUrl: string | null
}

/** All that tells one program from another. */
export interface CliDefinition<Config extends CliConfig> {
  readonly type: string
  readonly title: string
  /** The usual name of the program. */
  readonly program: string
  readonly configSchema: z.ZodType<Config>
  readonly metering: AgentAdapter['metering']
  readonly overshoot: string
  /** Versions whose output was read into this adapter's tests. */
  readonly knownVersions: readonly string[]
  /** Set in every run: no update checks, no telemetry. */
  readonly switches: Readonly<Record<string, string>>
  /** The variables in which the program looks for the key of its provider. */
  apiKeyVariables(config: Config): readonly string[]
  /** All arguments, without anything of the task: the prompt goes over stdin. */
  arguments(config: Config, run: ArgumentsPlace): string[]
  /** What one line says; nothing for a line that is known and says nothing new, null for a line that nobody knows. Pure. */
  readLine(line: JsonObject, config: Config): Fact[] | null
  /** For a program that is talked with; otherwise it gets its prompt and no more. */
  converse?(config: Config, run: CliPlace & { readonly tools: ToolAddress | null }): Dialogue
  /** Whether it can be told of Engine's tools, and has not only the variables that lead to them. */
  readonly findsTools: boolean
  /** Settings that tell it of them, where those are in a variable: made of what stands there, or null where that can not be read. */
  readonly toolSettings?: {
    readonly variable: string
    with(given: string | undefined): string | null
  }
  /** What an exit code means, where the program says so and no line did. */
  readonly exitCodes?: Readonly<Record<number, { readonly class: FailureClass; readonly means: string }>>
}

/** With what the host allows. */
export type MountedCli<Config extends CliConfig> = CliDefinition<Config> & Allowed
