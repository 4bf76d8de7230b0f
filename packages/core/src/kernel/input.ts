import type { z } from 'zod'

import { EngineError, kernelErrors } from './errors.ts'

/** Parses input by its schema. @throws `invalid_input` with one line for each wrong field. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown, at = ''): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const errors = result.error.issues.map((issue) => ({
    path: [at, ...issue.path.map(String)].filter((part) => part !== '').join('.'),
    message: issue.message,
  }))
  const list = errors.map((error) => (error.path === '' ? error.message : `${error.path}: ${error.message}`)).join('; ')
  throw new EngineError(kernelErrors.invalid_input, `Invalid input: ${list}`, { details: { errors } })
}
