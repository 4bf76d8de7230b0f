import type { CommandContext } from '../kernel/command.ts'
import { newCredential } from './credential.ts'
import { aboutRun, runRef } from './end.ts'
import type { AdapterUse } from './choose-adapter.ts'
import { changeRun } from './sql.ts'
import type { RunTable } from './table.ts'

/** Whoever checked the task out executes it. */
const byOthers: AdapterUse = { adapter_type: null, adapter_provider: null, adapter_place: null, adapter_reason: null }

/** A queued run starts, or goes on, under the fence of its checkout and with a new credential; the one it had before is dead. */
export async function beginRun(
  context: CommandContext,
  run: RunTable,
  { fence, workerId, adapter = byOthers, isBudgeted }: { fence: number; workerId: string; adapter?: AdapterUse; isBudgeted: boolean },
): Promise<{ run: RunTable; credential: string }> {
  const { credential, hash } = newCredential()
  const next = await changeRun(context, run, {
    ...adapter,
    is_budgeted: Number(isBudgeted),
    status: 'running',
    fence,
    worker_id: workerId,
    credential_hash: hash,
    started_at: run.started_at ?? context.now,
  })
  context.emit('run.started', runRef(next), {
    ...aboutRun(next),
    fence,
    workerId,
    ...(next.adapter_type !== null && { adapterType: next.adapter_type }),
  })
  return { run: next, credential }
}
