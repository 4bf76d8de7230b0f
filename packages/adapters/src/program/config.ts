import { z } from 'zod'

export const ArgumentText = z.string().refine((value) => !value.includes('\0'), 'must not hold a NUL character')

/** The name or path of one program: never a shell line. */
export const ProgramName = ArgumentText.min(1)
  .max(4_096)
  .refine((value) => value.trim() === value && !/[\r\n]/.test(value), 'must be the name or path of one program')

export const VariableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
  .refine((name) => !/^ENGINE_/i.test(name), 'names beginning with ENGINE_ are reserved')

/** Variables that a program gets besides the few of the host. */
export const ProgramVariables = z.record(VariableName, ArgumentText)

export const EngineTools = z
  .boolean()
  .default(true)
  .describe('Whether the program may use Engine while it works, such as to comment, by a server of tools that is there for its run alone.')
