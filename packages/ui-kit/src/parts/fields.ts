import type { JsonObject } from '@engine/core/contract'

import { FieldError } from '../data/failure.ts'

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
  /** Between commas; empty ones are none. */
  words(name: string): string[]
  /** What is ticked or chosen of several with one name. */
  chosen(name: string): string[]
  /** Null for an empty one. @throws {FieldError} for what is no JSON */
  json(name: string): JsonObject[string] | null
  /** Null for an empty one. @throws {FieldError} for what is no object in JSON */
  object(name: string): JsonObject | null
  isTicked(name: string): boolean
  files(name: string): File[]
}

export function readFields(form: FormData): Fields {
  const raw = (name: string) => {
    const value = form.get(name)
    return typeof value === 'string' ? value : ''
  }
  const text = (name: string) => raw(name).trim()
  const json = (name: string) => (text(name) === '' ? null : parsed(name, text(name)))
  return {
    raw,
    text,
    maybe: (name) => (text(name) === '' ? null : text(name)),
    lines: (name) =>
      text(name)
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
    words: (name) =>
      text(name)
        .split(',')
        .map((word) => word.trim())
        .filter(Boolean),
    chosen: (name) => form.getAll(name).filter((each) => typeof each === 'string'),
    json,
    object(name) {
      const value = json(name)
      if (value === null || (typeof value === 'object' && !Array.isArray(value))) return value
      throw new FieldError(name, notJson)
    },
    isTicked: (name) => form.get(name) !== null,
    files: (name) => form.getAll(name).filter((each) => each instanceof File),
  }
}

const notJson = 'It has to be JSON, such as {"name": "value"}.'

function parsed(name: string, text: string): JsonObject[string] {
  try {
    // JSON by its own words.
    return JSON.parse(text) as JsonObject[string]
  } catch {
    throw new FieldError(name, notJson)
  }
}
