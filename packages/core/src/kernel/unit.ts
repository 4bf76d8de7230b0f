import type { Transaction } from 'kysely'

import { countLiveRuns } from '../agents/sql.ts'
import { stopWork } from '../budgets/reach.ts'
import { countTasks } from '../companies/counters.ts'
import type { Database } from '../database/tables.ts'
import { recordEvents } from '../deliveries/outbox.ts'
import { isoTime } from '../ports/clock.ts'
import { eventActor } from './actor.ts'
import { assertNotArchived } from './archive.ts'
import type { OpenLog } from './batch.ts'
import { unknownCaller, type Call } from './call.ts'
import type { Command, CommandContext } from './command.ts'
import { EngineError, kernelErrors } from './errors.ts'
import type { AnyEvent, Unsequenced } from './events.ts'
import type { Host } from './host.ts'
import type { TakeCompany } from './transaction.ts'

interface Place {
  readonly companyId: string
  readonly tx: Transaction<Database>
  readonly takeCompany: TakeCompany
  readonly nowMs: number
}

type Written = Pick<Command, 'unaudited' | 'whenArchived'> & { readonly name: string }

/** What happens inside one transaction: the calls that are handled there, and what is written of them when they are. */
export interface OpenUnit {
  /** What the handler of a call is given. */
  contextOf(call: Pick<Call, 'actor' | 'inNameOf' | 'requestId' | 'caller'>): CommandContext
  /** Writes what the handled calls recorded and counted; what `context` was given for stops work whose budget they used up. */
  finish(context: CommandContext, command: Written): Promise<AnyEvent[]>
  readonly log: OpenLog
  /** Whose event it is. */
  isOf(event: AnyEvent, context: CommandContext): boolean
}

export function openUnit(host: Omit<Host, 'batcher'>, { companyId, tx, takeCompany, nowMs }: Place): OpenUnit {
  const recorded: Unsequenced[] = []
  const written: AnyEvent[] = []
  const contexts = new Map<string, CommandContext>()
  /** By how many the live runs of agents change. */
  const figures = new Map<string, number>()
  const reached = new Set<string>()
  let isUnchanged = false
  const now = isoTime(nowMs)
  const { clock, newId, random, adapters, prices, destinations, plugins, settings } = host
  return {
    contextOf({ actor, inNameOf = actor, requestId = null, caller = unknownCaller }) {
      const context: CommandContext = {
        tx,
        actor,
        companyId,
        caller,
        now,
        clock,
        newId,
        random,
        adapters,
        prices,
        destinations,
        plugins,
        eventTypes: host.registry.events,
        settings,
        limitReached: (budgetId) => void reached.add(budgetId),
        takeCompany,
        unchanged: () => void (isUnchanged = true),
        countLiveRun: (agentId, change) => void figures.set(agentId, (figures.get(agentId) ?? 0) + change),
        emit: (type, entity, data) => {
          const event = { id: newId(), companyId, actor: eventActor(inNameOf), requestId, at: now, type, entity, data }
          contexts.set(event.id, context)
          // `type` and `data` belong together by the signature of Emit.
          recorded.push(event as Unsequenced)
        },
      }
      return context
    },
    async finish(context, { name, unaudited, whenArchived }) {
      // To stop work may cost time, of which there are budgets too: what is added meanwhile comes up in the same loop.
      for (const budgetId of reached) await stopWork(context, budgetId)
      await host.probe?.(`${name}.handled`)
      const isSilent = recorded.length + written.length === 0
      if (isSilent && !isUnchanged && unaudited === undefined) throw untold(name)
      for (const [agentId, change] of [...figures].toSorted(byAgent)) await countLiveRuns(tx, { companyId, agentId, change })
      await countTasks(tx, { companyId, events: recorded })
      const goesOn = whenArchived !== undefined
      if (isSilent && isUnchanged && !goesOn) await assertNotArchived(tx, companyId)
      return [...written, ...(await recordEvents(tx, { events: recorded, epoch: host.epoch, goesOn, newId }))]
    },
    log: openLog(host.epoch, { recorded, written }),
    isOf: ({ id }, context) => contexts.get(id) === context,
  }
}

function openLog(epoch: number, { recorded, written }: { recorded: Unsequenced[]; written: AnyEvent[] }): OpenLog {
  return {
    epoch,
    take: () => recorded.splice(0),
    giveBack: (events) => void recorded.unshift(...events),
    wrote: (events) => void written.push(...events),
  }
}

function untold(name: string): EngineError {
  return new EngineError(kernelErrors.internal, `${name} changed something without recording an event; it was rolled back.`)
}

/** Agents are locked last of all, and in one order, so that no two commands wait for each other. */
function byAgent([left]: readonly [string, number], [right]: readonly [string, number]): number {
  return left < right ? -1 : 1
}
