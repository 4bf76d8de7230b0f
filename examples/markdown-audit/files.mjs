import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

import { parseMarkdown } from './markdown.mjs'

export const skippedFolders = ['node_modules', 'dist', 'data', 'coverage']

/** The Markdown files below `root` as paths with forward slashes, sorted. Symbolic links are not followed. */
async function findMarkdown(root, folder = root) {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = []
  for (const entry of entries) {
    const path = join(folder, entry.name)
    const isSkipped = entry.name.startsWith('.') || skippedFolders.includes(entry.name)
    if (entry.isDirectory() && !isSkipped) found.push(...(await findMarkdown(root, path)))
    if (entry.isFile() && /\.md$/i.test(entry.name)) found.push(relative(root, path).split(sep).join('/'))
  }
  return found.toSorted((left, right) => (left < right ? -1 : 1))
}

export async function readMarkdown(path) {
  return parseMarkdown(await readFile(path, 'utf8'))
}

/** Calls `visit(file, document)` for every Markdown file, with progress; gives the files and those that could not be read. */
export async function visitMarkdown({ root, progress }, visit) {
  const files = await findMarkdown(root)
  const unreadable = []
  for (const [index, file] of files.entries()) {
    const document = await readMarkdown(join(root, file)).catch(
      (error) => void unreadable.push(`${file} could not be read (${error.code})`),
    )
    if (document) await visit(file, document)
    await progress(index + 1, files.length, `${index + 1} of ${files.length}: ${file}`)
  }
  if (files.length === 0) await progress(0, 0, 'there are no Markdown files')
  return { files, unreadable }
}
