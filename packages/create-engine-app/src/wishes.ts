import { parseArgs } from 'node:util'

import { Failure } from './failure.ts'
import { packageManagers, type PackageManager } from './package-manager.ts'
import { isTemplate, templates, type TemplateName } from './templates.ts'

/** What the command line says; what it leaves out is asked for, or has a default. */
export interface Wishes {
  readonly folder?: string
  readonly template?: TemplateName
  readonly packageManager?: PackageManager
  readonly installs: boolean
  /** Asks nothing. */
  readonly yes: boolean
  readonly shows: 'help' | 'version' | null
}

const width = Math.max(...Object.keys(templates).map((name) => name.length))

export const help = `create-engine-app [folder] [options]

  --template <name>         ${Object.entries(templates)
    .map(([name, what]) => `${name.padEnd(width)}  ${what}`)
    .join(`\n${' '.repeat(28)}`)}
  --package-manager <name>  ${packageManagers.join(', ')}; the one that starts this when left out
  --no-install              write the files, install nothing
  --yes, -y                 ask nothing; it asks on a terminal only
  --help, -h                show this
  --version                 show the version

Ends with 0 when the app is there, 1 when it could not be made, 2 when the command line is wrong.`

/** @throws Failure naming what is wrong with the command line */
export function readWishes(args: readonly string[]): Wishes {
  const { values, positionals } = parse(args)
  if (positionals.length > 1) throw new Failure(`One folder can be made at a time, not ${positionals.length}: ${positionals.join(' ')}`, 2)
  const [folder] = positionals
  const { template, 'package-manager': manager } = values
  if (template !== undefined && !isTemplate(template))
    throw new Failure(`There is no template "${template}". There are ${Object.keys(templates).join(', ')}.`, 2)
  const packageManager = packageManagers.find((each) => each === manager)
  if (manager !== undefined && packageManager === undefined)
    throw new Failure(`"${manager}" is no package manager that this knows. It knows ${packageManagers.join(', ')}.`, 2)
  return {
    ...(folder !== undefined && { folder }),
    ...(template !== undefined && { template }),
    ...(packageManager !== undefined && { packageManager }),
    installs: !values['no-install'],
    yes: values.yes,
    shows: values.help ? 'help' : values.version ? 'version' : null,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        template: { type: 'string', short: 't' },
        'package-manager': { type: 'string' },
        'no-install': { type: 'boolean', default: false },
        yes: { type: 'boolean', short: 'y', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Failure(`${message.split('. To specify')[0]}\n--help says what there is.`, 2)
  }
}
