import type { PrepareContext } from '../kernel/command.ts'
import { createWholeLog } from '../kernel/redacted-log.ts'
import { runsHeldBy } from '../runs/lease.ts'
import type { OpenedRun } from '../runs/open.ts'

type Redacting = Pick<PrepareContext, 'db' | 'redactors'>

/**
 * What a node's run says is blotted out by the node. This process does it again, as far as it is the one that gave the run out: a node
 * may be of another version, or lie (PROMISES S15).
 */
export function keepRedactor({ redactors }: Redacting, given: { runId: string; nodeId: string; opened: OpenedRun }): void {
  const { runId, nodeId, opened } = given
  const { redactor } = opened
  if (opened.secrets.length > 0) redactors.set(runId, { redactor, log: createWholeLog(redactor), nodeId })
}

/** Forgets the secrets of runs that nodes have no more. */
export async function forgetRedactors({ db, redactors }: Redacting): Promise<void> {
  // Noted before the leases are asked for: what is given out meanwhile stays.
  const given = [...redactors].flatMap(([runId, { nodeId }]) => (nodeId === undefined ? [] : [{ runId, nodeId }]))
  const nodeIds = [...new Set(given.map(({ nodeId }) => nodeId))]
  const held = new Map(await Promise.all(nodeIds.map(async (nodeId) => [nodeId, await runsHeldBy(db, nodeId)] as const)))
  for (const { runId, nodeId } of given) if (!held.get(nodeId)?.has(runId)) redactors.delete(runId)
}
