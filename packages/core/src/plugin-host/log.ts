import type { Host } from '../kernel/host.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Redactor } from '../kernel/redactor.ts'
import { shownText } from '../kernel/checks.ts'
import { keepBooks } from '../kernel/transaction.ts'
import type { PluginLogLevel } from '../plugins/schema.ts'
import { isoTime } from '../ports/clock.ts'
import type { PluginLog } from './types.ts'

const longestMessage = 2_000
const longestData = 8_000
/** How many entries of a plugin are kept for a company. */
const mostKept = 1_000

interface Owner {
  readonly plugin: string
  readonly companyId: string
}

export interface KeptLog extends PluginLog {
  /** Resolves when everything that was said is written. Never rejects. */
  written(): Promise<void>
}

/** A log that is kept for the admins of a company, without the secrets of the plugin, and bounded. */
export function createPluginLog(host: Pick<Host, 'db' | 'clock' | 'newId'>, owner: Owner, redactor: Redactor): KeptLog {
  let writing: Promise<void> = Promise.resolve()

  function say(level: PluginLogLevel, message: string, data?: JsonObject): void {
    const shown = shownText(redactor, String(message), longestMessage)
    const row = {
      id: host.newId(),
      company_id: owner.companyId,
      plugin: owner.plugin,
      level,
      message: shown,
      data: data === undefined ? null : shownData(redactor, data),
      at: isoTime(host.clock.now()),
    }
    writing = writing.then(() =>
      keepBooks(host.db, async (tx) => {
        await tx.insertInto('plugin_logs').values(row).execute()
        const oldest = await tx
          .selectFrom('plugin_logs')
          .select('id')
          .where('company_id', '=', owner.companyId)
          .where('plugin', '=', owner.plugin)
          .orderBy('id', 'desc')
          .limit(1)
          .offset(mostKept)
          .executeTakeFirst()
        if (!oldest) return
        await tx
          .deleteFrom('plugin_logs')
          .where('company_id', '=', owner.companyId)
          .where('plugin', '=', owner.plugin)
          .where('id', '<=', oldest.id)
          .execute()
      }).catch(() => undefined),
    )
  }

  return {
    debug: (message, data) => say('debug', message, data),
    info: (message, data) => say('info', message, data),
    warn: (message, data) => say('warn', message, data),
    error: (message, data) => say('error', message, data),
    written: () => writing,
  }
}

function shownData(redactor: Redactor, data: JsonObject): string {
  const text = shownText(redactor, JSON.stringify(data), longestData)
  try {
    JSON.parse(text)
    return text
  } catch {
    // It was cut off: as a text it still says something.
    return JSON.stringify({ text })
  }
}
