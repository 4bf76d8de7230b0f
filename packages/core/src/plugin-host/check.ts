import { groupOf, patternsOf } from '../events/patterns.ts'
import { EngineError } from '../kernel/errors.ts'
import { messageOf } from '../kernel/failure.ts'
import type { Registry } from '../kernel/registry.ts'
import { pluginErrors } from '../plugins/errors.ts'
import { PluginSlotName } from '../plugins/schema.ts'
import { problemOfShape } from './shape.ts'
import { nextRun } from './schedule.ts'
import type { PluginDefinition, PluginJob, PluginUiSlot } from './types.ts'

/** The version of what `@engine/core/plugin` promises to plugins. */
const pluginApiVersion = 1

const idPattern = /^[a-z][a-z0-9]{1,30}$/
const versionPattern = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/
const verbPattern = /^[a-z][A-Za-z0-9]{0,40}$/

/** What the tables of a plugin begin with. Ids have no underscore, so no two plugins can mean the same table. */
export function tablePrefix(id: string): string {
  return `p_${id}_`
}

/** Looks at all plugins before anything is changed. @returns them in the order in which they are started; @throws what is wrong */
export function checkPlugins(plugins: readonly PluginDefinition[], core: Registry): PluginDefinition[] {
  for (const plugin of plugins) checkShape(plugin)
  for (const [index, plugin] of plugins.entries()) checkName(plugin, { others: plugins.slice(0, index), core })
  return inOrder(plugins)
}

function refuse(code: keyof typeof pluginErrors, id: unknown, message: string): EngineError {
  return new EngineError(pluginErrors[code], `The plugin ${String(id)} ${message}`, { details: { plugin: String(id) } })
}

function checkShape(plugin: PluginDefinition): void {
  const { id, version, engine } = Object(plugin) as PluginDefinition
  const problem = problemOfShape(plugin)
  if (problem && (typeof plugin !== 'object' || plugin === null)) throw refuse('plugin_invalid', id, `is none: ${problem}.`)
  if (typeof id !== 'string' || !idPattern.test(id))
    throw refuse('plugin_invalid', id, 'has no proper id: 2 to 31 lower-case letters and digits, beginning with a letter.')
  if (typeof version !== 'string' || !versionPattern.test(version))
    throw refuse('plugin_invalid', id, 'has no proper version, such as 1.0.0.')
  const major = /^\^?(\d+)(?:\.\d+){0,2}$/.exec(engine ?? '')?.[1]
  if (Number(major) !== pluginApiVersion)
    throw refuse(
      'plugin_incompatible',
      id,
      `is made for version "${engine}" of the plugin interface; this Engine has ^${pluginApiVersion}.`,
    )
  if (problem) throw refuse('plugin_invalid', id, `has a shape that Engine does not take: ${problem}.`)
  for (const name of [plugin.commands, plugin.queries, plugin.jobs, plugin.webhooks, plugin.subscribe].flatMap((part) =>
    Object.keys(part ?? {}),
  )) {
    if (!verbPattern.test(name)) throw refuse('plugin_invalid', id, `calls something "${name}"; use letters and digits, such as addNote.`)
  }
  const both = Object.keys(plugin.commands ?? {}).find((name) => Object.hasOwn(plugin.queries ?? {}, name))
  if (both !== undefined) throw refuse('plugin_invalid', id, `has a command and a query called ${both}.`)
  const foreign = Object.keys(plugin.events ?? {}).find((type) => !type.startsWith(`${id}.`))
  if (foreign !== undefined) throw refuse('plugin_invalid', id, `has the event ${foreign}; its events begin with "${id}.".`)
  for (const [name, { schedule }] of Object.entries(plugin.jobs ?? {})) checkSchedule(id, name, schedule)
  checkUi(id, plugin.ui ?? [])
}

function checkSchedule(id: string, name: string, schedule: PluginJob['schedule']): void {
  try {
    nextRun(schedule, 0)
  } catch (error) {
    throw refuse('plugin_invalid', id, `has the job ${name} with a schedule that is none: ${messageOf(error)}.`)
  }
}

/** Parts of a path that mean nothing but themselves, below a folder of the package (PROMISES S24). */
const entryPattern = /^\.(?:\/[\w-][\w.-]*){2,}\.html$/

function checkUi(id: string, ui: readonly PluginUiSlot[]): void {
  for (const [index, { slot, title, entry }] of ui.entries()) {
    if (!PluginSlotName.options.includes(slot))
      throw refuse('plugin_invalid', id, `shows something at "${String(slot)}"; the board has ${PluginSlotName.options.join(', ')}.`)
    if (typeof title !== 'string' || title.trim() === '')
      throw refuse('plugin_invalid', id, `shows something at "${slot}" without a title.`)
    if (typeof entry !== 'string' || !entryPattern.test(entry))
      throw refuse('plugin_invalid', id, `shows "${String(entry)}", which is no page in a folder of its package, such as ./ui/panel.html.`)
    if (ui.slice(0, index).some((other) => other.slot === slot))
      throw refuse('plugin_invalid', id, `shows two pages at "${slot}"; each place has one page of a plugin.`)
  }
}

function checkName(
  { id, policies, subscribe, events }: PluginDefinition,
  { others, core }: { others: readonly PluginDefinition[]; core: Registry },
): void {
  if (others.some((other) => other.id === id)) throw refuse('plugin_duplicate', id, 'is loaded twice.')
  const taken = core.operations.find(
    ({ module, definition }) =>
      module === id ||
      definition.http?.[1]
        .split('/')
        .filter((part) => !part.startsWith(':'))
        .includes(id),
  )
  if (taken) throw refuse('plugin_duplicate', id, `has a name that Engine itself uses, for ${taken.name}.`)
  const unknown = Object.keys(policies ?? {}).find((name) => core.get(name)?.definition.kind !== 'command')
  if (unknown !== undefined) throw refuse('plugin_invalid', id, `guards "${unknown}", which is no command of Engine.`)
  for (const [name, { events: wanted }] of Object.entries(subscribe ?? {})) {
    const types = [...Object.keys(core.events), ...Object.keys(events ?? {})]
    const known = new Set(types.flatMap(patternsOf))
    // What another plugin says is known to that one, which need not be there.
    const unknownType = wanted.find((type) => !known.has(type) && (known.has(groupOf(type)) || type.startsWith(`${id}.`)))
    if (unknownType === undefined) continue
    const near = types.filter((type) => groupOf(type) === groupOf(unknownType))
    throw refuse(
      'plugin_invalid',
      id,
      `subscribes by ${name} to ${unknownType}, which no event is called. There are ${near.join(', ') || 'none of its own'}.`,
    )
  }
}

/** Each plugin behind those that it requires, otherwise in the order that they were given in. */
function inOrder(plugins: readonly PluginDefinition[]): PluginDefinition[] {
  const ordered: PluginDefinition[] = []
  const follow = (plugin: PluginDefinition, trail: readonly string[]): void => {
    if (ordered.includes(plugin)) return
    if (trail.includes(plugin.id)) throw refuse('plugin_cycle', plugin.id, `requires itself: ${[...trail, plugin.id].join(' → ')}.`)
    for (const required of plugin.requires ?? []) {
      const found = plugins.find(({ id }) => id === required)
      if (!found) throw refuse('plugin_missing', plugin.id, `requires the plugin ${required}, which is not loaded.`)
      follow(found, [...trail, plugin.id])
    }
    ordered.push(plugin)
  }
  for (const plugin of plugins) follow(plugin, [])
  return ordered
}
