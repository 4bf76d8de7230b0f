/** What was written into a form, by the names of its fields. */
export interface Fields {
  /** As it was written, to the last blank. */
  raw(name: string): string
  /** Without blanks around it; empty where there is none. */
  text(name: string): string
  /** Null for an empty one. */
  maybe(name: string): string | null
  /** One thing a line; empty lines are none. */
  lines(name: string): string[]
  isTicked(name: string): boolean
  files(name: string): File[]
}

export function readFields(form: FormData): Fields {
  const raw = (name: string) => {
    const value = form.get(name)
    return typeof value === 'string' ? value : ''
  }
  const text = (name: string) => raw(name).trim()
  return {
    raw,
    text,
    maybe: (name) => (text(name) === '' ? null : text(name)),
    lines: (name) =>
      text(name)
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
    isTicked: (name) => form.get(name) !== null,
    files: (name) => form.getAll(name).filter((each) => each instanceof File),
  }
}
