export type Environment = Readonly<Record<string, string | undefined>>

export function readNumber(name: string, text: string, { least, most }: { least: number; most: number }): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number <= most) return number
  throw new Error(`${name} must be a number from ${least} to ${most}, not "${text}".`)
}

export function readPort(text: string): number {
  return readNumber('PORT (or --port)', text, { least: 0, most: 65_535 })
}

/** A list in the environment: between its values stand commas or blanks, and commas alone where a value, such as a path, may have blanks. */
export function readList(text = '', { mayHaveBlanks = false } = {}): string[] {
  return text
    .split(mayHaveBlanks ? ',' : /[\s,]/)
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

export function readSwitch(name: string, value: string | undefined): boolean {
  if (value === undefined || value === '' || value === 'on') return true
  if (value === 'off') return false
  throw new Error(`${name} must be on or off, not "${value}".`)
}
