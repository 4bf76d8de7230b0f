import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A file of a package of a company (docs/portability.md). */
export interface PackageFile {
  /** With / between names. */
  readonly path: string
  readonly content: string
}

/** What one request carries, and how many files a package has at most. */
const mostBytes = 2 * 1024 * 1024
const mostFiles = 2_000
const deepest = 8
const isOfPackage = (name: string) => name.endsWith('.md') || name === 'engine.yaml'

/**
 * Reads the Markdown and the sidecar of a folder. What begins with a dot is left out, links are followed nowhere.
 * @throws for a folder that is none, for links, and for more than a package may be
 */
export async function readPackageFolder(folder: string): Promise<PackageFile[]> {
  const paths = await listFiles(folder, '')
  if (paths.length > mostFiles) throw new Error(`${folder} has ${paths.length} files; a package has ${mostFiles} at most.`)
  const files: PackageFile[] = []
  let bytes = 0
  for (const path of paths) {
    bytes += (await lstat(join(folder, path))).size
    if (bytes > mostBytes) throw new Error(`${folder} holds more than a package may be: ${mostBytes / 1024 / 1024} MiB.`)
    const content = await readFile(join(folder, path))
    files.push({ path, content: textOf(content, path) })
  }
  return files
}

async function listFiles(folder: string, below: string): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true })
  const paths: string[] = []
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.name.startsWith('.')) continue
    if (entry.isSymbolicLink()) throw new Error(`${path} is a link, and a package has none: what it leads to may be anything.`)
    if (entry.isDirectory() && path.split('/').length < deepest) paths.push(...(await listFiles(folder, path)))
    else if (entry.isFile() && isOfPackage(entry.name)) paths.push(path)
  }
  return paths
}

function textOf(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error(`${path} is no text in UTF-8.`)
  }
}

/**
 * Writes a package into a folder that is new or empty, so that it takes the place of nothing.
 * @throws before anything is written, when a path would lead out of the folder
 */
export async function writePackageFolder(folder: string, files: readonly PackageFile[]): Promise<void> {
  const wrong = files.find(({ path }) => !staysInside(path))
  // Control characters of a name would be the terminal's to obey.
  if (wrong) throw new Error(`The package has a file ${JSON.stringify(wrong.path)}, which is no place below a folder; nothing was written.`)
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty; give a new folder, or empty this one first.`)
  for (const { path, content } of files) {
    await mkdir(join(folder, dirname(path)), { recursive: true })
    await writeFile(join(folder, path), content, { flag: 'wx' })
  }
}

/** Whether a path of a package is of plain names, on every system. Pure. */
export function staysInside(path: string): boolean {
  const names = path.split('/')
  return names.length <= deepest && names.every((name) => /^[\w][\w .-]{0,199}$/.test(name) && !name.endsWith('.') && !name.endsWith(' '))
}
