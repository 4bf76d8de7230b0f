import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { standingOf } from './active.ts'
import { KnownPlugin, Plugin, PluginLogEntry, PluginSlot, PluginSubscription } from './schema.ts'
import { cursorsOf, locatedPlugins } from './sql.ts'
import { toPlugin } from './show.ts'
import { toSubscription } from './table.ts'

const managed = { scope: 'plugins:manage', company: 'plugin' } as const

export const get = query({
  title: 'Show what a plugin is to a company',
  input: z.strictObject({ pluginId: Id }),
  output: Plugin,
  access: managed,
  http: ['GET', '/plugins/:pluginId'],
  async handle(context) {
    const row = locatedPlugins.of(context)
    return toPlugin(row, context.plugins.find(row.plugin))
  },
})

export const list = query({
  title: 'List the plugins of this program, and what each is to a company',
  input: z.strictObject({ companyId: Id, ...pageInput }),
  output: pageOf(KnownPlugin),
  access: { scope: 'plugins:manage', company: 'company' },
  http: ['GET', '/companies/:companyId/plugins'],
  async handle(context, input) {
    const after = input.cursor ? String(decodeCursor(input.cursor, ['text'])[0]) : ''
    const some = context.plugins.all
      .filter(({ id }) => id > after)
      .toSorted((left, right) => (left.id < right.id ? -1 : 1))
      .slice(0, input.limit + 1)
    const rows = await context.db
      .selectFrom('plugins')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where(
        'plugin',
        'in',
        some.map(({ id }) => id),
      )
      .execute()
    return toPage(some, input.limit, {
      item: (loaded) => {
        const row = rows.find(({ plugin }) => plugin === loaded.id) ?? null
        const { id: plugin, title, kind, description, capabilities, capabilitiesHash, ui, version: versionLabel } = loaded
        const described = {
          plugin,
          title,
          kind,
          description,
          capabilities,
          capabilitiesHash,
          versionLabel,
          ui: ui.map(({ slot, title: shown, entry }) => ({ slot, title: shown, entry })),
        }
        return {
          ...described,
          configSchema: loaded.configJsonSchema,
          pluginId: row?.id ?? null,
          status: row?.status ?? null,
          isActive: standingOf(loaded, row).why === null,
        }
      },
      key: ({ id }) => [id],
    })
  },
})

export const slots = query({
  title: 'List what plugins show on the board of a company',
  description: 'Of those that work in it: what is disabled, was stopped or waits for its approval shows nothing.',
  input: z.strictObject({ companyId: Id }),
  output: z.object({ items: z.array(PluginSlot) }),
  access: { scope: 'companies:read', company: 'company' },
  http: ['GET', '/companies/:companyId/plugin-slots'],
  mcp: { leftOut: 'pages are for people' },
  async handle(context) {
    const shown = context.plugins.all.filter(({ ui }) => ui.length > 0)
    const rows = await context.db.selectFrom('plugins').selectAll().where('company_id', '=', context.companyId).execute()
    const working = shown.filter((loaded) => standingOf(loaded, rows.find(({ plugin }) => plugin === loaded.id) ?? null).why === null)
    return {
      items: working.flatMap(({ id: plugin, ui, operations }) =>
        ui.map(({ slot, title, path }) => ({ plugin, slot, title, path, operations: [...operations] })),
      ),
    }
  },
})

export const subscriptions = query({
  title: 'Show how far the subscriptions of a plugin are',
  input: z.strictObject({ pluginId: Id }),
  output: z.object({ items: z.array(PluginSubscription) }),
  access: managed,
  http: ['GET', '/plugins/:pluginId/subscriptions'],
  async handle(context) {
    const { plugin } = locatedPlugins.of(context)
    const cursors = await cursorsOf(context.db, { companyId: context.companyId, plugin })
    return { items: cursors.map(toSubscription) }
  },
})

export const logs = query({
  title: 'Read what a plugin says, newest first',
  input: z.strictObject({ pluginId: Id, ...pageInput }),
  output: pageOf(PluginLogEntry),
  access: managed,
  http: ['GET', '/plugins/:pluginId/logs'],
  async handle(context, input) {
    const { plugin } = locatedPlugins.of(context)
    const rows = context.db.selectFrom('plugin_logs').selectAll().where('company_id', '=', context.companyId).where('plugin', '=', plugin)
    return pageById(rows, input, {
      isNewestFirst: true,
      item: ({ id, level, message, data, at }) => ({ id, level, message, data: data === null ? null : JSON.parse(data), at }),
    })
  },
})
