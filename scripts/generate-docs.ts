// Writes docs/reference/ and the client's table of routes from the registry and the state machines; with --check it only says what is out of date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { format, resolveConfig } from 'prettier'
import { z } from 'zod'

import { createEngine, permissions, type ErrorDefinition, type Permission, type Registry, type Role } from '@engine/core'
import { failureRules, machines, type FailureRule, type Machine } from '@engine/core/contract'
import { httpErrors, statusOfKind } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'

import { mcpErrors } from '../packages/mcp/src/errors.ts'
import { routesModule } from './client-routes.ts'
import { commandList } from './command-reference.ts'
import { llmsIndex } from './llms-index.ts'
import { securityPage } from './security-page.ts'

const folder = fileURLToPath(new URL('../docs/reference/', import.meta.url))
const isCheck = process.argv.includes('--check')
const roles: readonly Role[] = ['viewer', 'reviewer', 'operator', 'admin', 'owner']
const note = 'Generated from the code by `pnpm docs:generate`.'

const followUps: Readonly<Record<FailureRule['follows'], string>> = {
  cool: 'its provider is left alone, then the same attempt is made again',
  retry: 'the next attempt, after a wait',
  retry_elsewhere: 'the next attempt, after a wait, by the next adapter of the agent if it has one',
  block: 'the task is blocked',
}

const engine = await createEngine({ storage: sqlite(':memory:') })
const pages: Record<string, string> = {
  'operations.md': operationsPage(engine.registry),
  'commands.md': commandsPage(engine.registry),
  'states.md': statesPage(),
  'permissions.md': permissionsPage(engine.registry),
  'events.md': eventsPage(engine.registry),
  'errors.md': errorsPage(engine.registry),
  'failures.md': failuresPage(),
  '../security-proof.md': securityPage(note),
  '../../packages/client/src/routes.ts': routesModule(engine.registry),
  '../../llms.txt': llmsIndex(fileURLToPath(new URL('../', import.meta.url))),
}
await engine.stop()

mkdirSync(folder, { recursive: true })
const stale: string[] = []
for (const [name, text] of Object.entries(pages)) {
  const path = `${folder}${name}`
  const formatted = name.endsWith('.txt') ? text : await format(text, { ...(await resolveConfig(path)), filepath: path })
  if (existsSync(path) && readFileSync(path, 'utf8') === formatted) continue
  stale.push(name)
  if (!isCheck) writeFileSync(path, formatted)
}
if (isCheck && stale.length > 0) {
  console.error(`generated files are out of date: ${stale.join(', ')}; run pnpm docs:generate`)
  process.exitCode = 1
}

function operationsPage(registry: Registry): string {
  const rows = registry.operations.map(({ name, definition }) => [
    `\`${name}\``,
    definition.http ? `\`${definition.http[0]} /api${definition.http[1]}\`` : 'SDK only',
    definition.title,
    `\`${definition.access.scope}\``,
  ])
  return page(
    'Operations',
    `One registry makes the SDK method, the route and the OpenAPI operation of each.\n\n${table(['name', 'route', 'what it does', 'scope'], rows)}`,
  )
}

function commandsPage(registry: Registry): string {
  const intro =
    'Each takes `--json`, `--data` and `--server`; lists also `--limit`, `--cursor` and `--all`; what is of a company, `--company-id`. **Bold** ones are needed.'
  return page('Commands', `The operations of a server as [the command line](../cli.md) has them. ${intro}\n\n${commandList(registry)}`)
}

function statesPage(): string {
  const intro =
    'The only legal moves, with the verbs that make them. Everything else is `409 illegal_transition`, which names the legal ones.'
  return page('States', [intro, ...machines.map(diagram)].join('\n\n'))
}

function diagram(machine: Machine<string, string>): string {
  const lines = machine.moves.map((move) => `  ${move.from} --> ${move.to}: ${move.by.join(', ')}`)
  return `## ${machine.name}\n\n\`\`\`mermaid\nstateDiagram-v2\n${lines.join('\n')}\n\`\`\``
}

function permissionsPage(registry: Registry): string {
  const rows = Object.entries(permissions).map(([scope, rule]: [string, Permission]) => {
    const names = registry.operations.filter(({ definition }) => definition.access.scope === scope).map(({ name }) => `\`${name}\``)
    const { user } = rule
    const people = roles.map((role) => mark(user !== 'never' && roles.indexOf(role) >= roles.indexOf(user) ? 'yes' : 'never'))
    return [`\`${scope}\``, ...people, mark(rule.agent), mark(rule.run), names.join(', ') || '–']
  })
  const intro = [
    'Who may do what in their own company; the things of any other company are absent (404). `own`: an agent for itself and its tasks, a run for the task of its lease. The embedding code and Engine’s own loops may everything.',
    'A key can be limited to some of these scopes. `companies:create` needs the role owner in all companies, which only a host gives. What is `own` of a person is said by the operation: their membership, their keys.',
  ].join('\n\n')
  return page('Permissions', `${intro}\n\n${table(['scope', ...roles, 'agent key', 'run credential', 'operations'], rows)}`)
}

function mark(rule: 'yes' | 'own' | 'never'): string {
  return rule === 'never' ? '–' : rule
}

function eventsPage(registry: Registry): string {
  const rows = Object.entries(registry.events).map(([type, schema]) => [`\`${type}\``, fieldsOf(schema)])
  const intro =
    'Each is written in the transaction of the change that it records. Around its data: `id`, `seq`, `companyId`, `actor {kind, id, runId}`, `entity {type, id, version}`, `requestId`, `at`.'
  return page('Events', `${intro}\n\n${table(['type', 'data'], rows)}`)
}

function fieldsOf(schema: z.ZodType): string {
  const { properties = {} } = z.toJSONSchema(schema)
  return Object.keys(properties)
    .map((field) => `\`${field}\``)
    .join(', ')
}

function errorsPage(registry: Registry): string {
  const all: ErrorDefinition[] = [...registry.errors, ...Object.values(httpErrors)]
  const unique = [...new Map(all.map((error) => [error.code, error])).values()].toSorted((left, right) => (left.code < right.code ? -1 : 1))
  const rows = unique.map((error) => [`\`${error.code}\``, error.kind, String(statusOfKind[error.kind]), error.cause ?? '', error.help])
  const inTools = Object.values(mcpErrors).map((error: ErrorDefinition) => [`\`${error.code}\``, error.cause ?? '', error.help])
  const intro =
    'In the SDK an error is an `EngineError` with `code`, `kind`, `message` and `details`; over HTTP it is a problem document (RFC 9457) with the same code, whose `type` leads to `/api/docs/errors` of the server.'
  const wire = table(['code', 'kind', 'HTTP', 'why', 'what to do'], rows)
  return page('Errors', `${intro}\n\n${wire}\n\nOnly tools of MCP answer with these:\n\n${table(['code', 'why', 'what to do'], inTools)}`)
}

function failuresPage(): string {
  const rows = Object.entries(failureRules).map(([name, rule]) => [
    `\`${name}\``,
    rule.means,
    followUps[rule.follows],
    rule.follows === 'cool' ? 'no' : 'yes',
    rule.follows === 'cool' ? '–' : rule.owner,
    rule.breaksAgent ? 'is in error until somebody resumes it' : '–',
  ])
  const intro = 'Why a run failed, as its adapter says it, and what follows; the rest is in [Failures](../failures.md).'
  return page(
    'Failure classes',
    `${intro}\n\n${table(['class', 'what it means', 'what follows', 'burns an attempt', 'who can unblock', 'the agent'], rows)}`,
  )
}

function page(title: string, body: string): string {
  return `# ${title}\n\n${note}\n\n${body}\n`
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
