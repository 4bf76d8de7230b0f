import { changedMeanwhile } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { newCredential } from './credential.ts'
import { aboutRun, runRef } from './end.ts'
import { updateRun } from './sql.ts'
import type { RunTable } from './table.ts'

/** A queued run starts, or goes on, under the fence of its checkout and with a new credential; the one it had before is dead. */
export async function beginRun(
  context: CommandContext,
  run: RunTable,
  { fence, workerId }: { fence: number; workerId: string },
): Promise<{ run: RunTable; credential: string }> {
  const { credential, hash } = newCredential()
  const next = await updateRun(context.tx, run, {
    status: 'running',
    fence,
    worker_id: workerId,
    credential_hash: hash,
    started_at: run.started_at ?? context.now,
    updated_at: context.now,
  })
  if (!next) throw changedMeanwhile('run', run.id)
  context.emit('run.started', runRef(next), { ...aboutRun(next), fence, workerId })
  return { run: next, credential }
}
