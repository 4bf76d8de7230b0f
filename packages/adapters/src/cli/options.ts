/** An option with its value; nothing without one. */
export function option(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [name, String(value)]
}

/** An option of several values in one; nothing when there are none. */
export function listOption(name: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [name, values.join(',')]
}

/** An option that takes several arguments; nothing when there are none. */
export function manyOption(name: string, values: readonly (string | undefined)[]): string[] {
  const given = values.filter((value) => value !== undefined)
  return given.length === 0 ? [] : [name, ...given]
}

export function flag(name: string, isSet: boolean): string[] {
  return isSet ? [name] : []
}
