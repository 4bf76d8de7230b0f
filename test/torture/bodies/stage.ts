import { inspect } from 'node:util'

import type { Logger } from '@engine/core'
import { serve, type RunningServer } from '@engine/http'
import { mcpEndpoint } from '@engine/mcp'

import { openWorld, type World } from '../../http-fixtures.ts'
import { furnishCompany, type FurnishedCompany } from '../../http-routes.ts'
import { inside } from '../../support/hostile.ts'
import type { Round, Stage } from '../loop.ts'

/** A server that listens, with a company that has one of everything. */
export interface Target {
  readonly world: World
  readonly url: string
  readonly company: FurnishedCompany
}

/** What one call came to; `wrong` says in words what may never be. */
export interface Judged {
  readonly isRefused: boolean
  readonly as: string
  readonly wrong: string | null
}

interface Play {
  /** Makes one hostile call of the round with this number. */
  call(target: Target, round: Round): Promise<Judged>
}

/** Calls of one round: all of one operation. */
const callsARound = 25
/** So many companies are made in one database; then it has grown, and another one begins. */
const mostCompanies = 12

/** Rounds of calls on a server of their own, which gets another company as soon as a call was let through. */
export async function bodiesStage({ call }: Play): Promise<Stage> {
  let server: RunningServer | null = null
  let target: Target | null = null
  let companies = 0
  let lastError = ''
  const quiet = () => undefined
  const error = (message: string, fields?: object) => void (lastError = `${message} ${inspect(fields, { depth: 4 })}`)
  const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error }

  async function end(): Promise<void> {
    await server?.close()
    await target?.world.engine.stop()
    target = null
  }

  async function open(): Promise<Target> {
    if (target && companies < mostCompanies) return target
    await end()
    const world = await openWorld()
    companies = 1
    const company = await furnishCompany(world.engine, 'Acme')
    server = await serve({ engine: world.engine, port: 0, limits: null, logger, mcp: (engine) => mcpEndpoint(engine) })
    target = { world, url: server.url, company }
    return target
  }

  return {
    async round(round) {
      const current = await open()
      const { world } = current
      // What time alone changes, a round that is held up for minutes would take for the work of what was refused.
      const letGo = world.clock.hold()
      await noteUse(current)
      const [before, count] = [await world.dump(), await world.changes()]
      let isChanged = false
      for (let index = 0; index < callsARound; index += 1) {
        const { isRefused, as, wrong } = await call(current, round)
        isChanged ||= !isRefused
        round.count('calls')
        round.count(as)
        if (wrong !== null) round.violation(`${wrong} The log said: ${lastError}`)
      }
      if (({} as { polluted?: string }).polluted !== undefined) round.violation('A call changed the prototype of all objects.')
      if (!isChanged && count !== (await world.changes()) && before !== (await world.dump()))
        round.violation('What was refused changed something.')
      letGo()
      if (!isChanged) return
      companies += 1
      if (companies < mostCompanies) target = { ...current, company: await furnishCompany(world.engine, `Acme ${companies}`) }
    },
    end,
  }
}

/** A credential notes once a minute that it is used: before the round, so that nothing in it has to. */
async function noteUse({ world, company }: Target): Promise<void> {
  const { memberKey, agentKey, credential, sessionCredential, nodeCredential } = company
  for (const key of [memberKey, agentKey, credential, sessionCredential, nodeCredential]) await world.engine.authenticate(key)
}

/** Who calls: the operator of this machine, people, agents, runs, nodes; and nobody who is known. */
export function credentialOf({ company }: Target, { random }: Round): string | null {
  const { memberKey, agentKey, credential, sessionCredential, nodeCredential } = company
  return random.pick([null, null, memberKey, memberKey, agentKey, credential, sessionCredential, nodeCredential, `${agentKey}x`])
}

/** What an answer says of the inside; null when it says nothing. What was sent may come back, and is not ours. */
export function betrays(text: string): string | null {
  return inside.exec(text.replaceAll('drop table tasks', ''))?.[0] ?? null
}
