import { EngineError, kernelErrors } from './errors.ts'

/** Refuses a change that was made against another version than the current one. Without a version the last writer wins. */
export function assertVersion(entity: string, current: { id: string; version: number }, version: number | undefined): void {
  if (version === undefined || version === current.version) return
  throw versionConflict(entity, current, version)
}

function versionConflict(entity: string, current: { id: string; version: number }, version: number): EngineError {
  return new EngineError(
    kernelErrors.version_conflict,
    `This ${entity} is at version ${current.version}, your change was made against ${version}. Read it again and repeat the change.`,
    {
      details: { entity, id: current.id, currentVersion: current.version, yourVersion: version },
    },
  )
}

/**
 * What a guarded change throws that met another version than was read a moment ago in the same transaction: somebody
 * else's commit came between. The kernel runs the command again, which then decides by what is true now.
 */
export function changedMeanwhile(entity: string, id: string): EngineError {
  return new EngineError(kernelErrors.changed_meanwhile, `This ${entity} was changed by somebody else at the same moment.`, {
    details: { entity, id },
  })
}

/** The fields that a patch really names: `undefined` means "leave it", `null` means "clear it". */
export function changedFields<Fields extends object>(fields: Fields): { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  const named = Object.entries(fields).filter(([, value]) => value !== undefined)
  if (named.length === 0)
    throw new EngineError(kernelErrors.invalid_input, 'This change names no field to change.', {
      details: { known: fieldNames(fields) },
    })
  // Object.fromEntries forgets the keys that Fields has.
  return Object.fromEntries(named) as { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> }
}

/** What a patch puts in the place of a reference; undefined when it names the one that is there, which needs no checking again. */
export function otherThan<Value>(present: Value, named: Value | undefined): Value | undefined {
  return named === present ? undefined : named
}

/** The names by which callers know these columns: `reports_to` is their `reportsTo`. */
export function fieldNames(columns: object): string[] {
  return Object.keys(columns).map((column) => column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()))
}
