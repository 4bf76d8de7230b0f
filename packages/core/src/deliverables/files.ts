import { presentAttachments } from '../attachments/sql.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, ruleViolated } from '../kernel/errors.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { TaskTable } from '../tasks/table.ts'
import type { DeliverableFile } from './schema.ts'

/** The attachments of a task that are to be part of a version. @throws `rule_violated` naming one that is none */
export async function filesOf({ tx, companyId }: CommandContext, task: TaskTable, ids: readonly string[]): Promise<DeliverableFile[]> {
  if (ids.length === 0) return []
  const rows = await presentAttachments(tx, companyId)
    .where('attachments.task_id', '=', task.id)
    .where('attachments.id', 'in', ids)
    .execute()
  return [...new Set(ids)].map((attachmentId) => {
    const row = rows.find(({ id }) => id === attachmentId)
    if (!row) throw ruleViolated(`fileIds: there is no attachment ${attachmentId} on this task. Upload it there first.`, { attachmentId })
    return { attachmentId, name: row.name, contentType: row.content_type, byteSize: row.byte_size, sha256: row.sha256 }
  })
}

/** @throws `blobs_unavailable` when the bytes are not there */
export async function openFile(blobs: BlobStore, { name, sha256 }: DeliverableFile): Promise<AsyncIterable<Uint8Array>> {
  const bytes = await blobs.get(sha256)
  if (bytes) return bytes
  throw new EngineError(kernelErrors.blobs_unavailable, `The bytes of ${name} are not in the blob store of this engine.`, {
    details: { sha256 },
  })
}
