import { Argument, Option, type Command } from 'commander'

import type { Operation, Registry } from '@engine/core'

import { callOperation } from './call.ts'
import type { CallFlags } from './connect.ts'
import { fieldsOf, kebab, type Field } from './field.ts'
import { followLogCommand, watchTasksCommand } from './live.ts'
import { addPackageOptions } from './package.ts'

/**
 * Adds `engine <plural> <verb>` for every operation that has a route. What its flags are takes a while to find out, so that
 * only those of the modules that are `wanted` are described.
 */
export function addOperations(program: Command, registry: Registry, wanted: (module: string) => boolean = () => true): void {
  program.commandsGroup('On a server:')
  for (const operation of registry.operations) {
    if (!operation.definition.http) continue
    const group = groupOf(program, operation.module)
    if (wanted(group.name())) addOperation(group, operation)
  }
  addLive(program)
}

/** The operations of one module; a command of this machine may already be called so. */
function groupOf(program: Command, module: string): Command {
  const name = kebab(module)
  const there = program.commands.find((command) => command.name() === name)
  return there ?? program.command(name).description(`What there is to do with ${module}.`)
}

function addOperation(group: Command, operation: Operation): void {
  const { verb, definition } = operation
  const name = kebab(verb)
  const isTaken = group.commands.some((command) => command.name() === name)
  const command = group
    .command(isTaken ? `${name}-on-server` : name)
    .description([definition.title, definition.description].filter(Boolean).join('. '))
  command.summary(definition.title)
  const fields = fieldsOf(operation)
  const places = fields.filter(({ isArgument }) => isArgument)
  for (const field of places) command.addArgument(new Argument(`[${field.flag.slice(2)}]`, field.description))
  for (const field of fields.filter(({ isArgument }) => !isArgument)) for (const option of optionsOf(field)) command.addOption(option)
  addCallOptions(command, operation)
  addPackageOptions(command, operation)
  command.action(async (...given: unknown[]) => {
    // Commander gives the arguments in their order, and then the options and the command, which is not needed.
    const flags = given[places.length] as CallFlags & Record<string, unknown>
    const named = Object.fromEntries(places.map((field, index) => [field.name, given[index]]))
    await callOperation({ operation, fields, given: { ...flags, ...named }, flags })
  })
}

function addCallOptions(command: Command, { definition }: Operation): void {
  command.option('--data <json>', 'the input as one JSON object, @file with it, or - for standard input; flags win over it')
  if ('shape' in definition.output && 'nextCursor' in Object(definition.output.shape)) command.option('--all', 'every page, not only one')
  if (definition.kind === 'query' && definition.givesContent === true) command.option('--output <file>', 'where to put the file')
  withServer(command)
}

function withServer(command: Command): Command {
  return command
    .option('--json', 'print JSON')
    .option('--server <url>', 'which server (ENGINE_URL, default http://127.0.0.1:4400); its key is ENGINE_API_KEY')
}

const placeholders: Readonly<Record<Field['kind'], string>> = {
  text: '<text>',
  secret: '<text>',
  number: '<number>',
  boolean: '',
  list: '[value...]',
  json: '<json>',
  textOrJson: '<value>',
  file: '<@file>',
  folder: '<folder>',
}

function optionsOf(field: Field): Option[] {
  const { name, flag, kind, choices, isRequired } = field
  const company = name === 'companyId' ? '(ENGINE_COMPANY_ID)' : ''
  const needed = isRequired && company === '' ? '(needed)' : ''
  const description = [field.description, choices ? `one of ${choices.join(', ')}` : '', company, needed]
    .filter((part) => part !== '')
    .join(' ')
  if (kind === 'boolean') return [new Option(flag, description), new Option(`--no-${flag.slice(2)}`, `not ${flag}`)]
  return [new Option(`${flag} ${placeholders[kind]}`, description)]
}

/** What is watched as it happens. */
function addLive(program: Command): void {
  const ofCompany = (command: Command) => withServer(command).option('--company-id <text>', 'of which company (ENGINE_COMPANY_ID)')
  ofCompany(groupOf(program, 'tasks').command('watch'))
    .description('Show the tasks of a company and what becomes of them, until it is stopped.')
    .action((flags: CallFlags & { companyId?: string }) => watchTasksCommand(flags))
  withServer(groupOf(program, 'runs').command('follow-log').argument('<run-id>', 'UUIDv7'))
    .description('Print the log of a run as it grows, until the run is over.')
    .action((runId: string, flags: CallFlags) => followLogCommand(runId, flags))
}
