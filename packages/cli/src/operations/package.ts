import type { Command } from 'commander'

import type { Client } from '@engine/client'
import type { Operation } from '@engine/core'

import { writePackageFolder } from '../package-folder.ts'

/** What shows what an import would do, before it does it: an import takes the hash of that. */
const previews: Readonly<Record<string, string>> = {
  'companies.import': 'companies.previewImport',
  'companies.merge': 'companies.previewMerge',
}

/** Options of the operations that are about packages of companies in folders (docs/portability.md). */
export function addPackageOptions(command: Command, { name }: Operation): void {
  if (name === 'companies.export') command.option('--dir <folder>', 'write the files into this folder, which is new or empty')
  if (name in previews) command.option('--yes', 'do what the preview shows without showing it')
}

/** Whether somebody may leave a field out because the preview gives it. */
export function isShownBefore({ name }: Operation, field: string): boolean {
  return name in previews && field === 'hash'
}

/** Whether an import was asked for of which nobody has said that they saw what it does. */
export function isUnseen({ name }: Operation, input: Readonly<Record<string, unknown>>): boolean {
  return name in previews && input['hash'] === undefined
}

/** How much is sent, of what has many files; nothing of anything else. */
export function sizeOf({ files }: Readonly<Record<string, unknown>>): string {
  return Array.isArray(files) ? `${files.length} files` : ''
}

type Preview = Awaited<ReturnType<Client['companies']['previewImport']>>

export async function previewOf(client: Client, { name }: Operation, input: Readonly<Record<string, unknown>>): Promise<Preview> {
  // What it is to be called has no part in it.
  const { name: _name, taskPrefix: _taskPrefix, ...shown } = input
  // Both operations answer with a preview.
  return (await client.execute(previews[name] ?? name, shown)) as Preview
}

export async function writePackage(folder: string, answer: unknown): Promise<void> {
  // Only the export has the flag.
  const { files, leftOut, importRefusal } = answer as Awaited<ReturnType<Client['companies']['export']>>
  await writePackageFolder(folder, files)
  console.log(`${folder} holds the company: ${files.length} files.`)
  for (const { what, why } of leftOut) console.log(`  left out: ${what}. ${why}`)
  if (importRefusal !== null) console.log(`It can not be imported again as it is. ${importRefusal}`)
}
