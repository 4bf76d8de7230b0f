import { z } from 'zod'

import { Allowance } from '../budgets/allowance.ts'
import { Id, IsoTime, jsonObject } from '../kernel/schema.ts'
import { RunContext } from '../ports/run-contract.ts'
import { Run } from '../runs/schema.ts'
import { WorkerDescription } from '../workers/schema.ts'

export const NodeKey = z
  .object({
    id: Id,
    name: z.string(),
    prefix: z.string().describe('The first 12 characters, to tell keys apart.'),
    expiresAt: IsoTime.nullable().describe('From when on nothing registers with it; what registered before goes on.'),
    revokedAt: IsoTime.nullable().describe('Since when neither it nor what registered with it is let in.'),
    createdBy: z.string().describe('The id of a person, or `system`.'),
    createdAt: IsoTime,
  })
  .meta({ id: 'NodeKey' })
export type NodeKey = z.infer<typeof NodeKey>

export const NewNodeKey = z
  .object({ ...NodeKey.shape, key: z.string().describe('The key itself. It is shown here and never again.') })
  .meta({ id: 'NewNodeKey' })

/** What a node says of itself. */
export const NodeDescription = z.strictObject({
  ...WorkerDescription.omit({ workerId: true }).shape,
  adapters: z.array(z.string().min(1).max(200)).max(100).describe('Ways to execute an agent that it has; it is given runs of no others.'),
  capacity: z.number().int().min(1).max(1_000).describe('How many runs it executes at once.'),
})

export const RegisteredNode = z
  .object({
    workerId: Id.describe('Its row among the workers.'),
    credential: z.string().describe('What the node comes with from now on. It is shown here and never again.'),
    credentialExpiresAt: IsoTime.describe('Unless the node gives a sign of life before.'),
    leaseMs: z.number().int().describe('How long a run may be silent before its task is taken back.'),
    beatMs: z.number().int().describe('How often to give a sign of life.'),
    pollMs: z.number().int().describe('How often to ask for runs.'),
  })
  .meta({ id: 'RegisteredNode' })
export type RegisteredNode = z.infer<typeof RegisteredNode>

export const NodeBeat = z
  .object({
    status: z.enum(['active', 'draining', 'stopped']).describe('What the node is to be. draining: it is given no new runs.'),
    runIds: z
      .array(Id)
      .describe('The runs that it has leases for. What it executes beside them it stops: they were cancelled, or taken back.'),
    credentialExpiresAt: IsoTime,
  })
  .meta({ id: 'NodeBeat' })
export type NodeBeat = z.infer<typeof NodeBeat>

const Setup = z.object({
  context: RunContext,
  adapterType: z.string(),
  config: z.unknown().describe("The adapter's configuration with the values of its secrets."),
  env: z.record(z.string(), z.string()).describe('Variables for the programs of the run, with the values of its secrets.'),
  session: jsonObject.nullable().describe('What the last run of this agent for this task left.'),
  allowance: Allowance.nullable().describe('What hard budgets allow it; null when none is over it.'),
  secrets: z.array(z.object({ name: z.string(), value: z.string() })).describe('What to blot out of all that the run says.'),
})

export const LeasedRun = z
  .object({
    run: Run,
    credential: z.string().describe('What this run acts with. It is shown here and never again.'),
    setup: Setup.nullable().describe('What its execution begins with; null when that could not be had.'),
    failure: z.object({ code: z.string(), message: z.string() }).nullable().describe('Why there is no setup; the run ends with it.'),
  })
  .meta({ id: 'LeasedRun' })
export type LeasedRun = z.infer<typeof LeasedRun>
