import { formatPatch, structuredPatch } from 'diff'

import type { DeliverableComparison, DeliverableFile } from './schema.ts'
import { toDeliverable, type DeliverableTable } from './table.ts'

/** How far apart two texts may be, and how long it may take to find out: nobody else is served meanwhile. */
const limits = { maxEditLength: 5_000, timeout: 200, context: 3 }

/** What changed from one version to another. Pure. */
export function compare(before: DeliverableTable, after: DeliverableTable): DeliverableComparison {
  const [from, to] = [`version ${before.number}`, `version ${after.number}`]
  const patch = structuredPatch(from, to, before.content, after.content, undefined, undefined, limits)
  const lines = patch?.hunks.flatMap((hunk) => hunk.lines) ?? []
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length
  const about = { deliverableId: after.id, number: after.number, againstId: before.id, against: before.number }
  const files = compareFiles(toDeliverable(before, null).files, toDeliverable(after, null).files)
  return { ...about, added: count('+'), removed: count('-'), patch: patch ? formatPatch(patch) : null, files }
}

/** By their names; of those that have the same one, all together. */
function compareFiles(before: readonly DeliverableFile[], after: readonly DeliverableFile[]): DeliverableComparison['files'] {
  const names = [...new Set([...before, ...after].map(({ name }) => name))]
  return names.flatMap((name) => {
    const [earlier, later] = [before, after].map((files) => bytesOf(files, name))
    if (earlier === later) return []
    return [{ name, change: earlier === '' ? 'added' : later === '' ? 'removed' : 'changed' }]
  })
}

function bytesOf(files: readonly DeliverableFile[], name: string): string {
  return files
    .filter((file) => file.name === name)
    .map(({ sha256 }) => sha256)
    .toSorted()
    .join(' ')
}
