/** An option with its value; nothing without one. */
export function option(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [name, String(value)]
}

/** An option of several values in one; nothing when there are none. */
export function listOption(name: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [name, values.join(',')]
}

export function flag(name: string, isSet: boolean): string[] {
  return isSet ? [name] : []
}
