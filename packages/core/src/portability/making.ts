import type { CommandContext } from '../kernel/command.ts'
import type { Kind, Sidecar } from './format.ts'

/** What is made of a package, as far as it is. */
export interface Making {
  readonly context: CommandContext
  readonly sidecar: Sidecar
  /** Whether agents wait for an approval of their hire. */
  readonly asksForApproval: boolean
  /** What a folder of the package is here. */
  idOf(kind: Kind, slug: string | null | undefined): string | undefined
}
