import type { Kysely, Transaction } from 'kysely'

import { assertEpoch } from '../database/instance.ts'
import type { Database } from '../database/tables.ts'
import { holdLease, isLeaseHeld } from '../runs/lease.ts'
import { isoTime } from '../ports/clock.ts'
import { systemActor, type Actor } from './actor.ts'
import type { Done } from './batch.ts'
import { problemOfCall, unknownCaller, type Call } from './call.ts'
import { refusedWhenArchived } from './archive.ts'
import { decide, forbidden, leaseLost } from './authorize.ts'
import { isNameless, type Command, type PrepareContext, type Query, type QueryContext } from './command.ts'
import { explainDatabaseError } from './constraints.ts'
import { storeContent } from './content.ts'
import { EngineError, notFound, withoutCredential } from './errors.ts'
import type { AnyEvent } from './events.ts'
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
import type { Location } from './locate.ts'
import { inTransaction, type TakeCompany, type Unit } from './transaction.ts'
import { permissions, type Scope } from './permissions.ts'
import { parseSaid } from './said.ts'
import { comparableInput, sealValue } from './secret-value.ts'
import type { Operation } from './registry.ts'
import { openUnit } from './unit.ts'

interface Resolved {
  readonly operation: Operation
  readonly input: Record<string, unknown>
  readonly companyId: string
  readonly target: Location | null
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

interface Request {
  readonly input: unknown
  readonly call: Call
}

async function perform(host: Host, operation: Operation, request: Request): Promise<unknown> {
  const { definition } = operation
  let takeBack = () => {}
  try {
    const said = parseSaid(host, definition, { input: request.input ?? {}, call: request.call })
    takeBack = said.takeBack
    const parsed = { input: said.input, call: request.call }
    const output =
      definition.kind === 'command'
        ? await command(host, operation, { ...parsed, definition })
        : await query(host, operation, { ...parsed, definition })
    if (host.checksOutputs) definition.output.parse(output)
    return output
  } catch (error) {
    takeBack()
    throw explainDatabaseError(error)
  }
}

/** A command: with others of its tick where it has a form for that, else in a transaction of its own. */
async function command(host: Host, operation: Operation, given: ParsedRequest & { definition: Command }): Promise<unknown> {
  const { definition, input, call } = given
  const done = definition.batch && (await runBatched(host, operation, { ...given, batch: definition.batch }))
  if (done) return done.output
  const resolved = await resolve(host, operation, given).catch((error: unknown) => answerAgain(host, operation, { input, call, error }))
  return 'answer' in resolved ? resolved.answer : runCommand(host, resolved, { definition, call })
}

/** Tries a command's form for many calls at once; what is not ordinary, or has no effect there, goes the way of all commands. */
async function runBatched(
  host: Host,
  { name, definition }: Operation,
  { batch, input, call }: ParsedRequest & { batch: NonNullable<Command['batch']> },
): Promise<Done<unknown> | null> {
  // Who guards it decides about each call in its transaction.
  if (host.guards(name).length > 0) return null
  const done = await host.batcher({ name, batch, scope: definition.access.scope }, { input, call })
  if (!done) return null
  await host.probe?.(`${name}.committed`)
  host.bus.publish(done.events)
  return done
}

async function query(host: Host, operation: Operation, given: ParsedRequest & { definition: Query }): Promise<unknown> {
  const { definition, call } = given
  const resolved = await resolve(host, operation, given)
  const context = call.actor.kind === 'run' ? await readContext(host, resolved, call) : contextFor(host, resolved, call)
  return definition.handle(context, resolved.input)
}

/** What may be used outside of a transaction. @throws `lease_lost` for a run that is over */
async function readContext(host: Host, resolved: Resolved, call: Call): Promise<QueryContext> {
  const { actor } = call
  if (actor.kind === 'run' && !(await isLeaseHeld(host.db, actor))) throw leaseLost(actor)
  return contextFor(host, resolved, call)
}

function contextFor(host: Host, { companyId, target }: Resolved, { actor }: Call): QueryContext {
  const { db, adapters, destinations, plugins, blobs, embedder, prices, settings, registry } = host
  return {
    db,
    actor,
    companyId,
    target,
    now: isoTime(host.clock.now()),
    adapters,
    destinations,
    plugins,
    blobs,
    embedder,
    prices,
    settings,
    operations: registry.operations,
  }
}

async function prepareContext(host: Host, resolved: Resolved, call: Call): Promise<PrepareContext> {
  const perform: PrepareContext['perform'] = (name, input) => execute(host, name, { input, call: { actor: systemActor } })
  const { clock, secrets, redactors, newId } = host
  const caller = call.caller ?? unknownCaller
  const { actor: inNameOf, requestId } = call
  const performFor: typeof perform = (name, input) =>
    execute(host, name, { input, call: { actor: systemActor, inNameOf, requestId, caller } })
  return { ...(await readContext(host, resolved, call)), caller, clock, secrets, redactors, newId, perform, performFor }
}

interface ParsedRequest {
  readonly input: Record<string, unknown>
  readonly call: Call
}

/** Finds whose the thing is that is asked for, and decides whether the actor may. */
async function resolve(host: Host, operation: Operation, { input, call }: ParsedRequest): Promise<Resolved> {
  const { definition } = operation
  const { actor } = call
  const { scope, company } = definition.access
  if (company === 'new' || company === 'visible' || company === 'installation') {
    if (decide(actor, { scope, companyId: null, target: null }) !== 'allowed') throw forbidden(actor, scope, 'installation')
    return { operation, input, companyId: company === 'new' ? host.newId() : '', target: null }
  }
  if (company === 'actor') {
    if (!('companyId' in actor) || decide(actor, { scope, companyId: actor.companyId, target: null }) !== 'allowed')
      throw forbidden(actor, scope)
    return { operation, input, companyId: actor.companyId, target: null }
  }
  const { parameter, target } = await allow(host, operation, { input, call, db: host.db })
  return { operation, input: { ...input, [parameter]: target.id }, companyId: target.companyId, target }
}

/** Finds what a call is about. @throws `not_found`, also for another company's; `forbidden` */
async function allow(host: Host, { definition }: Operation, given: ParsedRequest & { db: Kysely<Database> }) {
  const { access } = definition
  const { scope, company } = access
  if (isNameless(company)) throw new Error(`a call about the company "${company}" names none`)
  const { actor } = given.call
  const { parameter, locate } = host.registry.entity(company)
  const reference = String(given.input[parameter])
  const target = ownRun(actor, { company, reference }) ?? (await locate(given.db, reference))
  // Whoever brings its credential need not be of its company; and what is no token may be nearly one, so it is not repeated.
  const isLetIn = access.carriesCredential === true && decide(actor, { scope, companyId: null, target }) === 'allowed'
  const decision = isLetIn ? 'allowed' : target && decide(actor, { scope, companyId: target.companyId, target })
  if (!target || decision === 'missing') throw access.carriesCredential ? withoutCredential(company) : notFound(company, reference)
  if (decision === 'denied') throw forbidden(actor, scope)
  return { parameter, target }
}

/** A keyed call that took something away is answered again although that is gone (PROMISES P15). @throws the error when it is not one */
async function answerAgain(
  host: Host,
  { name, definition }: Operation,
  { input, call, error }: ParsedRequest & { error: unknown },
): Promise<{ answer: unknown }> {
  const { actor, idempotencyKey: key } = call
  const isMissing = EngineError.isInstance(error) && error.kind === 'missing'
  if (!isMissing || key === undefined || definition.kind !== 'command') throw error
  const known = await recallGone(host.db, { command: name, actor, key, input, since: keptSince(host) })
  const maySee = known && decide(actor, { scope: definition.access.scope, companyId: known.companyId, target: null }) !== 'missing'
  if (!maySee) throw error
  return { answer: known.output }
}

/** From when on answers to keyed calls are still given. */
function keptSince({ clock }: Host): string {
  return isoTime(clock.now() - idempotencyKeptMs)
}

/** Where a run is that speaks of itself: its credential told us. */
function ownRun(actor: Actor, { company, reference }: { company: string; reference: string }): Location | null {
  return actor.kind === 'run' && company === 'run' && reference === actor.id ? actor : null
}

function isAboutOwn(actor: Actor, scope: Scope): boolean {
  return actor.kind === 'agent' && permissions[scope].agent === 'own'
}

async function runCommand(host: Host, found: Resolved, given: { definition: Command; call: Call }): Promise<unknown> {
  const { call, definition } = given
  if (call.idempotencyKey !== undefined && definition.answersOnce !== undefined) throw keyRefused(definition.answersOnce)
  const resolved = definition.takesContent || definition.takesSecret ? { ...found, input: await prepareInput(host, found, given) } : found
  const keyed =
    call.idempotencyKey === undefined
      ? null
      : keyedRequest(resolved.operation.name, call.actor, {
          key: call.idempotencyKey,
          companyId: idempotencyCompany(resolved),
          input: comparableInput({ command: definition, input: resolved.input }),
        })
  const answered = keyed && definition.prepare && (await recallAnswered(host.db, keyed, keptSince(host)))
  if (answered) return answered.output
  const prepared = definition.prepare && (await definition.prepare(await prepareContext(host, resolved, call), resolved.input))
  const nowMs = host.clock.now()
  const { access, locks = 'company' } = given.definition
  const unit: Unit = {
    companyId: access.company === 'new' || access.company === 'installation' ? null : resolved.companyId,
    // What an agent may do to its own is decided by whose it is: that must not change meanwhile.
    locks: isAboutOwn(call.actor, access.scope) ? 'company' : typeof locks === 'function' ? locks(resolved.input) : locks,
  }
  const done = await host.tracing.span('transaction', { parent: call.trace }, () =>
    inTransaction(host, unit, (tx, takeCompany) => transact(host, resolved, { ...given, tx, takeCompany, nowMs, keyed, prepared })),
  )
  await host.probe?.(`${resolved.operation.name}.committed`)
  host.bus.publish(done.events)
  return done.output
}

/** Does outside of the transaction what a command's input needs: bytes are stored, a secret is sealed. */
async function prepareInput(host: Host, found: Resolved, { definition, call }: { definition: Command; call: Call }) {
  const context = await readContext(host, found, call)
  return sealValue(host, context, { command: definition, input: await storeContent(context, definition, found.input) })
}

/** A call that founds a company has no company yet that its repeat could share. */
function idempotencyCompany(resolved: Resolved): string {
  return resolved.operation.definition.access.company === 'new' ? 'new' : resolved.companyId
}

interface Work {
  readonly definition: Command
  readonly call: Call
  readonly tx: Transaction<Database>
  readonly takeCompany: TakeCompany
  readonly nowMs: number
  readonly keyed: KeyedRequest | null
  readonly prepared: unknown
}

/** The inside of the one transaction: recall, fence, handle, record. */
async function transact(host: Host, resolved: Resolved, work: Work): Promise<{ output: unknown; events: AnyEvent[] }> {
  const { tx, keyed, call, definition } = work
  if (keyed) {
    const known = await recall(tx, keyed, { now: isoTime(work.nowMs), since: isoTime(work.nowMs - idempotencyKeptMs) })
    if (known) return { output: known.output, events: [] }
  }
  // Every write of a run is fenced here, so that no handler can forget it (PROMISES P2).
  if (call.actor.kind === 'run' && !(await holdLease(tx, call.actor))) throw leaseLost(call.actor)
  if (isAboutOwn(call.actor, definition.access.scope)) await allow(host, resolved.operation, { ...work, input: resolved.input, db: tx })
  if (definition.unaudited !== undefined) await assertEpoch(tx, host.epoch)
  const { name } = resolved.operation
  const unit = openUnit(host, { companyId: resolved.companyId, tx, takeCompany: work.takeCompany, nowMs: work.nowMs })
  const context = unit.contextOf(call)
  await host.probe?.(`${name}.begun`)
  const output = await refusedWhenArchived(context, definition, async () => {
    for (const guard of host.guards(name)) await guard(context, resolved.input)
    return definition.handle(context, resolved.input, work.prepared)
  })
  const events = await unit.finish(context, { ...definition, name })
  if (keyed) await remember(tx, keyed, output)
  await host.probe?.(`${name}.recorded`)
  return { output, events }
}
