import { isAbsolute } from 'node:path'

import type { z } from 'zod'

import type { AllowedFolders } from './folders.ts'

/** A program by the name under which it is found on the PATH of the host, by its absolute path, or with the first of its arguments. */
export type AllowedProgram = string | { readonly command: string; readonly args: readonly string[] }

/** Which programs the host lets agents be run by (PROMISES S3). `any` trusts everybody who may configure an agent with this machine. */
export type AllowedPrograms = readonly AllowedProgram[] | 'any'

/** All that a host allows programs of agents. */
export interface Allowed {
  readonly programs: AllowedPrograms
  readonly folders: AllowedFolders
}

export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** They decide which file a name stands for, or load code into a program that is allowed. */
const loaders =
  /^(PATH|(LD|DYLD)_.*|BASH_ENV|JAVA_TOOL_OPTIONS|NODE_OPTIONS|NODE_PATH|PERL5(LIB|OPT)|PYTHON(HOME|PATH|STARTUP)|RUBY(LIB|OPT))$/i

/** @throws when an entry means another program in another folder */
export function checkedPrograms(programs: AllowedPrograms): AllowedPrograms {
  if (programs === 'any') return programs
  for (const program of programs) {
    const { command } = toEntry(program)
    const isName = command !== '' && !/[\\/]/.test(command)
    if (!isName && !isAbsolute(command))
      throw new Error(`"${command}" can not be allowed: name a program as it is found on PATH, or give its absolute path.`)
  }
  return programs
}

/** Why a program may not be started; null when it may. Pure, but for the variables of the host. */
export function refusalOf(programs: AllowedPrograms, launch: Launch): string | null {
  if (programs === 'any') return null
  if (!programs.some((program) => isSame(toEntry(program), launch)))
    return `This host does not let agents start "${launch.command}" so. It allows: ${describe(programs)}. Who runs the host can allow more.`
  const loader = Object.entries(launch.environment).find(([name, value]) => loaders.test(name) && value !== process.env[name])
  if (!loader) return null
  return `The variable ${loader[0]} decides what a program is or loads; where programs are allowed one by one, only the host sets it.`
}

interface Configured {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Refuses at once what could not be started later. */
export function allowing<Config extends Configured>(schema: z.ZodType<Config>, programs: AllowedPrograms): z.ZodType<Config> {
  if (programs === 'any') return schema
  return schema.superRefine(({ command, args, env }, context) => {
    const message = refusalOf(programs, { command, args, environment: env })
    if (message !== null) context.addIssue({ code: 'custom', path: ['command'], message })
  })
}

function toEntry(program: AllowedProgram): Exclude<AllowedProgram, string> {
  return typeof program === 'string' ? { command: program, args: [] } : program
}

function isSame(allowed: Exclude<AllowedProgram, string>, { command, args }: Launch): boolean {
  return allowed.command === command && allowed.args.every((argument, index) => argument === args[index])
}

function describe(programs: readonly AllowedProgram[]): string {
  if (programs.length === 0) return 'none'
  return programs.map((program) => [toEntry(program).command, ...toEntry(program).args].join(' ')).join(', ')
}
