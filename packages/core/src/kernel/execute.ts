import type { Transaction } from 'kysely'

import { assertEpoch } from '../database/instance.ts'
import type { Database } from '../database/tables.ts'
import { holdLease, isLeaseHeld } from '../runs/lease.ts'
import { isoTime } from '../ports/clock.ts'
import { systemActor } from './actor.ts'
import { admit, findAllowed, type Admitted, type Asked } from './admit.ts'
import type { Done } from './batch.ts'
import { problemOfCall, unknownCaller, type Call } from './call.ts'
import { refusedWhenArchived } from './archive.ts'
import { decide, leaseLost } from './authorize.ts'
import type { Command, PrepareContext, Query, QueryContext } from './command.ts'
import { explainDatabaseError } from './constraints.ts'
import { storeContent } from './content.ts'
import { EngineError, notFound } from './errors.ts'
import type { Host } from './host.ts'
import {
  idempotencyKeptMs,
  keyedRequest,
  keyRefused,
  recall,
  recallAnswered,
  recallGone,
  remember,
  type KeyedRequest,
} from './idempotency.ts'
import { inTransaction, type TakeCompany, type Unit } from './transaction.ts'
import { permissions } from './permissions.ts'
import { parseSaid } from './said.ts'
import { comparableInput, sealValue } from './secret-value.ts'
import type { Operation } from './registry.ts'
import { openUnit } from './unit.ts'

interface Request {
  readonly input: unknown
  readonly call: Call
}

/** Runs one operation by its name: parse, find the company, authorize, then the query or the one transaction of the command. */
export function execute(host: Host, name: string, request: Request): Promise<unknown> {
  const operation = host.registry.get(name)
  if (!operation) return Promise.reject(notFound('operation', name))
  const { call } = request
  const problem = problemOfCall(call)
  if (problem) return Promise.reject(problem)
  const { tracing } = host
  if (!tracing.isOn) return perform(host, operation, request)
  const attributes = { 'engine.operation': name, 'engine.actor.kind': call.actor.kind, 'engine.request.id': call.requestId ?? '' }
  return tracing.span(name, { attributes, parent: call.trace }, ({ context: trace }) =>
    perform(host, operation, { ...request, call: { ...call, trace } }),
  )
}

/** Runs one of Engine's own operations, as Engine itself. */
export function executeAsEngine(host: Host, name: string, input: object): Promise<unknown> {
  return execute(host, name, { input, call: { actor: systemActor } })
}

async function perform(host: Host, { name, definition }: Operation, { input, call }: Request): Promise<unknown> {
  let takeBack = () => {}
  try {
    const said = parseSaid(host, definition, { input: input ?? {}, call })
    takeBack = said.takeBack
    const asked = { name, input: said.input, call }
    const output =
      definition.kind === 'command' ? await command(host, { ...asked, definition }) : await query(host, { ...asked, definition })
    if (host.checksOutputs) definition.output.parse(output)
    return output
  } catch (error) {
    takeBack()
    throw explainDatabaseError(error)
  }
}

async function query(host: Host, asked: Asked<Query>): Promise<unknown> {
  const admitted = await admit(host, asked)
  return admitted.definition.handle(await readContext(host, admitted), admitted.input)
}

/** A command: with others of its tick where it has a form for that, else in a transaction of its own. */
async function command(host: Host, asked: Asked<Command>): Promise<unknown> {
  const done = await runBatched(host, asked)
  if (done) return done.output
  const admitted = await admit(host, asked).catch((error: unknown) => answerAgain(host, asked, error))
  return 'answer' in admitted ? admitted.answer : runCommand(host, admitted)
}

/** Tries a command's form for many calls at once; what is not ordinary, or has no effect there, goes the way of all commands. */
async function runBatched(host: Host, { name, definition, input, call }: Asked<Command>): Promise<Done<unknown> | null> {
  const { batch, access } = definition
  // Who guards it decides about each call in its transaction.
  if (!batch || host.guards(name).length > 0) return null
  const done = await host.batcher({ name, batch, scope: access.scope }, { input, call })
  return done && tell(host, name, done)
}

/** What follows the commit of a command. */
async function tell(host: Host, name: string, done: Done<unknown>): Promise<Done<unknown>> {
  await host.probe?.(`${name}.committed`)
  host.bus.publish(done.events)
  return done
}

/** A keyed call that took something away is answered again although that is gone (PROMISES P15). @throws the error when it is not one */
async function answerAgain(host: Host, { name, definition, input, call }: Asked, error: unknown): Promise<{ answer: unknown }> {
  const { actor, idempotencyKey: key } = call
  const isMissing = EngineError.isInstance(error) && error.kind === 'missing'
  if (!isMissing || key === undefined) throw error
  const known = await recallGone(host.db, { command: name, actor, key, input, since: keptSince(host.clock.now()) })
  const maySee = known && decide(actor, { scope: definition.access.scope, companyId: known.companyId, target: null }) !== 'missing'
  if (!maySee) throw error
  return { answer: known.output }
}

/** From when on answers to keyed calls are still given. */
function keptSince(nowMs: number): string {
  return isoTime(nowMs - idempotencyKeptMs)
}

/** What may be used outside of a transaction. @throws `lease_lost` for a run that is over */
async function readContext(host: Host, { companyId, target, call: { actor } }: Admitted): Promise<QueryContext> {
  if (actor.kind === 'run' && !(await isLeaseHeld(host.db, actor))) throw leaseLost(actor)
  const { db, adapters, destinations, plugins, blobs, embedder, prices, settings, registry } = host
  const now = isoTime(host.clock.now())
  const { operations } = registry
  return { db, actor, companyId, target, now, adapters, destinations, plugins, blobs, embedder, prices, settings, operations }
}

async function prepareContext(host: Host, admitted: Admitted): Promise<PrepareContext> {
  const { actor: inNameOf, requestId, caller = unknownCaller } = admitted.call
  const { clock, secrets, redactors, newId } = host
  return {
    ...(await readContext(host, admitted)),
    caller,
    clock,
    secrets,
    redactors,
    newId,
    perform: (name, input) => executeAsEngine(host, name, input),
    performFor: (name, input) => execute(host, name, { input, call: { actor: systemActor, inNameOf, requestId, caller } }),
  }
}

async function runCommand(host: Host, admitted: Admitted<Command>): Promise<unknown> {
  const { name, definition, companyId, call } = admitted
  if (call.idempotencyKey !== undefined && definition.answersOnce !== undefined) throw keyRefused(definition.answersOnce)
  const input = await prepareInput(host, admitted)
  const ready = { ...admitted, input }
  const keyed = keyedOf(ready)
  const answered = keyed && definition.prepare && (await recallAnswered(host.db, keyed, keptSince(host.clock.now())))
  if (answered) return answered.output
  const prepared = definition.prepare && (await definition.prepare(await prepareContext(host, ready), input))
  const nowMs = host.clock.now()
  const { access, locks = 'company' } = definition
  const unit: Unit = {
    companyId: access.company === 'new' || access.company === 'installation' ? null : companyId,
    // What an agent may do to its own is decided by whose it is: that must not change meanwhile.
    locks: isAboutOwn(admitted) ? 'company' : typeof locks === 'function' ? locks(input) : locks,
  }
  const done = await host.tracing.span('transaction', { parent: call.trace }, () =>
    inTransaction(host, unit, (tx, takeCompany) => transact(host, { ...ready, tx, takeCompany, nowMs, keyed, prepared })),
  )
  return (await tell(host, name, done)).output
}

/** Does outside of the transaction what a command's input needs: bytes are stored, a secret is sealed. */
async function prepareInput(host: Host, admitted: Admitted<Command>): Promise<Record<string, unknown>> {
  const { definition, input } = admitted
  if (!definition.takesContent && !definition.takesSecret) return input
  const context = await readContext(host, admitted)
  return sealValue(host, context, { command: definition, input: await storeContent(context, definition, input) })
}

/** What a call with a key is kept by; null for one without. */
function keyedOf({ name, definition, companyId, input, call }: Admitted<Command>): KeyedRequest | null {
  const { actor, idempotencyKey: key } = call
  if (key === undefined) return null
  return keyedRequest(name, actor, {
    key,
    // A call that founds a company has no company yet that its repeat could share.
    companyId: definition.access.company === 'new' ? 'new' : companyId,
    input: comparableInput({ command: definition, input }),
  })
}

/** Whether it is allowed to an agent as to whom the thing belongs. */
function isAboutOwn({ definition, call }: Asked): boolean {
  return call.actor.kind === 'agent' && permissions[definition.access.scope].agent === 'own'
}

interface Work extends Admitted<Command> {
  readonly tx: Transaction<Database>
  readonly takeCompany: TakeCompany
  readonly nowMs: number
  readonly keyed: KeyedRequest | null
  readonly prepared: unknown
}

/** The inside of the one transaction: recall, fence, handle, record. */
async function transact(host: Host, work: Work): Promise<Done<unknown>> {
  const { name, definition, input, companyId, call, tx, takeCompany, nowMs, keyed } = work
  if (keyed) {
    const known = await recall(tx, keyed, { now: isoTime(nowMs), since: keptSince(nowMs) })
    if (known) return { output: known.output, events: [] }
  }
  // Every write of a run is fenced here, so that no handler can forget it (PROMISES P2).
  if (call.actor.kind === 'run' && !(await holdLease(tx, call.actor))) throw leaseLost(call.actor)
  if (isAboutOwn(work)) await findAllowed(host, work, tx)
  if (definition.unaudited !== undefined) await assertEpoch(tx, host.epoch)
  const unit = openUnit(host, { companyId, tx, takeCompany, nowMs })
  const context = unit.contextOf(call)
  await host.probe?.(`${name}.begun`)
  const output = await refusedWhenArchived(context, definition, async () => {
    for (const guard of host.guards(name)) await guard(context, input)
    return definition.handle(context, input, work.prepared)
  })
  const events = await unit.finish(context, { ...definition, name })
  if (keyed) await remember(tx, keyed, output)
  await host.probe?.(`${name}.recorded`)
  return { output, events }
}
