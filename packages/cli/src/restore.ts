import { constants, existsSync, statSync } from 'node:fs'
import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

import { sqlite } from '@engine/storage-sqlite'

import { checking } from './verify.ts'
import { withDatabase } from './with-database.ts'
import { bar, working } from './working.ts'

/**
 * Puts a copy in the place where a database is to be. It has to be sound, and nothing may be there: stop what works on the old
 * database and move its files away, since SQLite does not tell who has them open.
 */
export async function restoreCommand(file: string, target: string): Promise<void> {
  const [from, to] = [resolve(file), resolve(target)]
  if (!existsSync(from)) throw new Error(`There is no ${from}.`)
  const inTheWay = [to, `${to}-wal`, `${to}-shm`].find((path) => existsSync(path))
  if (inTheWay !== undefined)
    throw new Error(`${inTheWay} is there already. Stop every process that has it open, move it and its -wal and -shm away, and try again.`)
  await checkSound(from)
  await mkdir(dirname(to), { recursive: true })
  const partial = `${to}.partial`
  try {
    await working({ what: 'Copying', progress: () => bar(sizeOf(partial), sizeOf(from)) }, () =>
      copyFile(from, partial, constants.COPYFILE_EXCL),
    )
    await rename(partial, to)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  console.log(`${to} is as ${from}. The next start begins a new epoch: runs of before are over, and their tasks run again.`)
}

async function checkSound(path: string): Promise<void> {
  const isSound = await withDatabase(sqlite(path), async (database) => {
    const { schemaProblem } = await database.facts()
    // An older one is brought up to date by the next start, and can only then be checked.
    return schemaProblem !== null || (await checking('Checking that it is sound', database)).isSound
  })
  if (!isSound) throw new Error(`${path} is not sound, and was not restored: engine verify --database-url file:${path} says why.`)
}

/** What is not there yet is empty. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
