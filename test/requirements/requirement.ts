/** A test by its file and words that only its own name has; the name is that of its groups, outermost first, then its own. */
export interface NamedTest {
  readonly file: string
  readonly test: string
}

interface Behaviour {
  /** Dotted and stable: the area, then what is required there. */
  readonly id: string
  /** Where it is promised. */
  readonly source: string
  /** What anybody who looks from outside can see. */
  readonly behaviour: string
  /** The operations and types of events that it is about. */
  readonly operations?: readonly string[]
  readonly events?: readonly string[]
}

interface VerifiedRequirement extends Behaviour {
  readonly verifiedBy: NamedTest
  readonly later?: never
}

interface LaterRequirement extends Behaviour {
  /** What brings it. */
  readonly later: Capability
  readonly verifiedBy?: never
}

/** One behaviour that is promised, and either the test that holds the promise or what is still to come for it. */
export type Requirement = VerifiedRequirement | LaterRequirement

/** What is not there yet and brings behaviours of its own. An entry is deleted with the last requirement that names it. */
export const capabilities = {
  execution: 'sandboxes, workspaces of projects, and what a run leaves',
  money: 'the share of a budget on the dashboard',
  server: 'a chat interface',
  board: 'what a person has read',
  portability: 'skills of agents',
} as const

type Capability = keyof typeof capabilities
