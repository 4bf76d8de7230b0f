import { EngineError, kernelErrors } from './errors.ts'

/** What a host adds to an engine by a name. */
interface NamedPart {
  readonly spec: string
  readonly type: string
}

/**
 * For what a host gives without types, or made for another version of Engine.
 * @throws `invalid_input`
 */
export function requireSpec(what: string, part: { readonly spec: string }, spec: string): void {
  const { spec: said }: { readonly spec?: unknown } = Object(part)
  if (said !== spec) throw refuse(`${what} speaks "${String(said)}"; this engine knows "${spec}".`)
}

/**
 * Each of this version, and of a name of its own: of two of one name, the second would take the place of the first without a word.
 * @throws `invalid_input`
 */
export function requireParts(what: string, parts: readonly NamedPart[], spec: string): void {
  for (const [index, part] of parts.entries()) {
    const { type }: { readonly type?: unknown } = Object(part)
    requireSpec(`The ${what} "${String(type)}"`, part, spec)
    if (parts.slice(0, index).some((other) => other.type === type))
      throw refuse(
        `There are two ${what}s called "${String(type)}", one of them perhaps of a plugin. Leave one out, or give it another type.`,
      )
  }
}

function refuse(message: string): EngineError {
  return new EngineError(kernelErrors.invalid_input, message)
}
