import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'

import type { z } from 'zod'

/** In which folders, and all below them, the host lets programs of agents work. `any` is every folder that its user may enter. */
export type AllowedFolders = readonly string[] | 'any'

/** @throws for a folder that is not there, or means another one in another place */
export function checkedFolders(folders: AllowedFolders = 'any'): AllowedFolders {
  if (folders === 'any') return folders
  return folders.map((folder) => {
    if (!isAbsolute(folder) || !existsSync(folder))
      throw new Error(`"${folder}" can not be allowed: give the absolute path of a folder that is there.`)
    return realpathSync(folder)
  })
}

/** Why no program may work in a folder, wherever its links lead; null when one may. That a folder is not there is told by who needs it. */
export function folderRefusal(folders: AllowedFolders, folder: string): string | null {
  if (folders === 'any') return null
  const real = realOf(resolve(folder))
  if (folders.some((allowed) => isWithin(allowed, real))) return null
  const all = folders.length === 0 ? 'none' : folders.join(', ')
  return `This host does not let agents work in "${folder}"${real === folder ? '' : ` ("${real}")`}. It allows: ${all}. Who runs the host can allow more.`
}

interface Place {
  readonly path: readonly string[]
  readonly folder: string
}

/** Refuses at once where no program could be started later. */
export function placing<Config>(
  schema: z.ZodType<Config>,
  folders: AllowedFolders,
  placesOf: (config: Config) => readonly Place[],
): z.ZodType<Config> {
  if (folders === 'any') return schema
  return schema.superRefine((config, context) => {
    for (const { path, folder } of placesOf(config)) {
      const message = folderRefusal(folders, folder)
      if (message !== null) context.addIssue({ code: 'custom', path: [...path], message })
    }
  })
}

/** Without any link: of a folder that is not there yet, what is there of the way to it. */
function realOf(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    const above = dirname(folder)
    return above === folder ? folder : join(realOf(above), basename(folder))
  }
}

function isWithin(allowed: string, folder: string): boolean {
  const rest = relative(allowed, folder)
  return rest === '' || (!/^\.\.(?:[\\/]|$)/.test(rest) && !isAbsolute(rest))
}
