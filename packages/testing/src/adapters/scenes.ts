import type { AgentAdapter, AgentTool, JsonObject, RunUsage } from '@engine/core/plugin'

/** An agent that will do one certain thing, with all that it needs. */
export interface Scene {
  /** As an operator writes it. */
  readonly config: JsonObject
  readonly env?: Readonly<Record<string, string>>
  readonly tools?: readonly AgentTool[]
  /** How often the work of an agent has begun elsewhere: calls of a server, programs. */
  begun?(): number
  /** What still lives of all runs, in words; nothing, soon after they have ended. */
  leftovers?(): readonly string[]
  /** What one run of it uses, when that is certain. */
  readonly usage?: Pick<RunUsage, 'inputTokens' | 'outputTokens' | 'cachedInputTokens' | 'costMicros'>
  dispose?(): Promise<void>
}

/** An agent that writes more than any buffer on its way holds. */
export interface FloodScene extends Scene {
  /** How much the agent has got rid of up to now, in a unit of its own. */
  written(): number
  /** All that it has to write, in the same unit. */
  readonly total: number
}

type Open<Opened extends Scene> = () => Opened | Promise<Opened>

/** Each is opened for one test, and disposed of after it. */
export interface Scenes {
  /** Its agent does its work well. Something that it emits holds the title of its task, and something that it emits is no log. */
  readonly works: Open<Scene>
  /** Its agent fails. */
  readonly fails: Open<Scene>
  /** Its agent emits something, and then goes on until it is stopped. */
  readonly hangs: Open<Scene>
  /** Its agent says what nobody can read. */
  readonly babbles?: Open<Scene>
  readonly floods?: Open<FloodScene>
  /** A configuration that is valid and can not work: no such program, nobody at that address. */
  readonly misconfigured?: Open<Scene>
}

export interface AdapterToTest {
  /** Stands in the names of the tests. */
  readonly name: string
  create(): AgentAdapter
  /** The least that a configuration needs. */
  readonly leastConfig: JsonObject
  readonly scenes: Scenes
  /** What stands in the configurations and environments of the scenes and may be told to nobody. */
  readonly secrets?: readonly string[]
  /** Names of tests that this adapter can not pass, each with the reason, which is printed. */
  readonly skip?: Readonly<Record<string, string>>
}
