import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Where the SQLite file of a `file:` URL is: `file:./engine.db` is a path as it stands, `file:///var/lib/engine%20data/engine.db` a URL.
 *
 * @returns `:memory:` for `file::memory:`
 * @throws for what would be a file that nobody meant, such as one whose name ends in `?mode=ro`
 */
export function fileOfUrl(url: string): string {
  const rest = url.slice('file:'.length)
  if (rest === ':memory:') return rest
  if (rest === '') throw unusable('file: names no place')
  if (rest.includes('?')) throw unusable('it takes no options after a ?')
  if (!rest.startsWith('//')) {
    if (rest.startsWith('~')) throw unusable('only a shell knows what ~ is; write the path from the root')
    return resolve(rest)
  }
  const parsed = URL.parse(url)
  if (!parsed || parsed.host !== '') throw unusable('file:// has a third / before the path, since the file is on this machine')
  if (parsed.hash !== '') throw unusable('a # in the path of file:/// is written %23')
  try {
    return fileURLToPath(parsed)
  } catch {
    throw unusable('a % in the path of file:/// is written %25')
  }
}

/** Only what is wrong is told: the rest of such a URL can hold a password. */
export function unusable(reason: string): Error {
  return new Error(
    `DATABASE_URL (or --database-url) can not be used: ${reason}. Use postgres://user:password@host:5432/database, pglite://./folder or file:./engine.db.`,
  )
}
