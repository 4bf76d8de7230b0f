// P14: of many who decide at once one is heard; what is acknowledged is there, with its effects once, whoever dies meanwhile and whatever is repeated.
import { createEngine, type Engine } from '@engine/core'
import { scriptedAdapter, scriptedDestination } from '@engine/testing'

import { defineLoop, type Round, type Scene, type Stage } from '../loop.ts'
import { readLog, wait } from '../support/company.ts'
import { dying, type Decide, type DeciderPlan, type DecisionCall, type Told } from '../support/decision.ts'
import { brokenInvariants } from '../support/invariants.ts'
import { leavePlace, newPlace, storageAt, type Place } from '../support/place.ts'
import { startProgram, type Program } from '../support/program.ts'
import { decide } from './decide.ts'
import { callsOf, judge } from './judge.ts'
import { openOffice, racesOf, type Race } from './subjects.ts'

const deciderFile = new URL('../programs/decider.ts', import.meta.url)
const survivorCount = 2
const operations = [
  'approvals.approve',
  'approvals.approve',
  'approvals.reject',
  'approvals.cancel',
  'approvals.resubmit',
  'deliverables.review',
]
/** What happened and nobody was told of is the hardest case. */
const steps = ['begun', 'handled', 'recorded', 'committed', 'committed', 'committed']
const points = operations.flatMap((operation) => steps.map((step) => `${operation}.${step}`))
/** How much later than the one that is to die others may begin, so that it often is the one that is heard, milliseconds. */
const mostHeadMs = 20
const patienceMs = 60_000
/** After so many rounds the database is checked as a whole. */
const checkedEvery = 10

export const decisions = defineLoop({ name: 'decisions', storages: ['sqlite', 'postgres'], begin })

interface Theatre {
  readonly place: Place
  readonly engine: Engine
  readonly survivors: readonly Program[]
}

async function begin(scene: Scene): Promise<Stage> {
  const place = await newPlace(scene)
  const engine = await createEngine({ storage: storageAt(place), adapters: [scriptedAdapter()], destinations: [scriptedDestination()] })
  const survivors = Array.from({ length: survivorCount }, () => startDecider(place, null))
  await Promise.all(survivors.map((program) => program.next('ready')))
  return {
    round: (round) => play({ place, engine, survivors }, round),
    async end() {
      await Promise.all(survivors.map((program) => program.end()))
      await engine.stop()
      await leavePlace(place)
    },
  }
}

function startDecider(place: Place, point: string | null): Program {
  return startProgram(deciderFile, { plan: { place } satisfies DeciderPlan, env: point === null ? {} : { ENGINE_CRASH_AT: point } })
}

/** One who is to die in a race, at a point or at some moment. */
interface Victim {
  readonly program: Program
  readonly point: string | null
  /** In which race it is killed, unless it died before. */
  readonly killedIn: number
  isDead: boolean
}

async function play(theatre: Theatre, round: Round): Promise<void> {
  const { engine, place } = theatre
  const { random } = round
  const point = random.int(4) === 0 ? null : `${random.pick(points)}#${1 + random.int(3)}`
  const program = startDecider(place, point)
  try {
    const stand = { engine, random, company: await openOffice(engine), processes: survivorCount + 1 }
    const begins = racesOf(stand)
    const victim: Victim = { program, point, killedIn: point === null ? random.int(begins.length) : begins.length - 1, isDead: false }
    await program.next('ready')
    const told = new Map<string, Told[]>()
    const races: Race[] = []
    for (const [index, prepare] of begins.entries()) {
      const race = await prepare()
      races.push(race)
      for (const each of await hold(theatre, round, { race, victim, index })) noteTold(told, each)
    }
    await repeatAll(theatre, round, { races, told })
    await judge({ ...theatre, races, told }, round)
    if (random.int(checkedEvery) === 0) await checkWhole(theatre, round)
  } finally {
    await program.end()
  }
}

function noteTold(told: Map<string, Told[]>, each: Told): void {
  told.set(each.key, [...(told.get(each.key) ?? []), each])
}

/** Everybody at once; what the one that died in it was not told is repeated by another process, twice at once. */
async function hold(theatre: Theatre, round: Round, given: { race: Race; victim: Victim; index: number }): Promise<Told[]> {
  const { race, victim, index } = given
  const [ofVictim = [], ...ofSurvivors] = race.calls
  round.count('races')
  const head = victim.isDead ? 0 : round.random.int(mostHeadMs)
  const told = [
    victim.isDead ? Promise.all(ofVictim.map((call) => decide(theatre.engine, call, 'its heir'))) : send(victim.program, ofVictim, dying),
    ...theatre.survivors.map(async (program, at) => {
      await wait(head)
      return send(program, ofSurvivors[at] ?? [], `survivor ${at}`)
    }),
  ]
  if (!victim.isDead && index === victim.killedIn) {
    await wait(round.random.int(15))
    victim.program.kill('SIGKILL')
  }
  const answers = (await Promise.all(told)).flat()
  if (victim.isDead || !(await hasEnded(victim.program, index === victim.killedIn))) return answers
  victim.isDead = true
  countDeath(victim, round, index)
  const heard = new Set(answers.map(({ key }) => key))
  const unheard = ofVictim.filter(({ key }) => !heard.has(key))
  round.count('calls repeated after a death', unheard.length)
  const repeated = await Promise.all(unheard.flatMap((call) => ['again', 'and again'].map((as) => decide(theatre.engine, call, as))))
  return [...answers, ...repeated]
}

async function hasEnded(program: Program, isCertain: boolean): Promise<boolean> {
  const exited = program.exited.then(() => true)
  return isCertain ? exited : Promise.race([exited, wait(0).then(() => false)])
}

/** What each was told, as far as it lived to say so. */
async function send(program: Program, calls: readonly DecisionCall[], as: string): Promise<Told[]> {
  program.send({ kind: 'decide', calls, as } satisfies Decide)
  const told = await Promise.all(calls.map(() => program.next<Told>('told', patienceMs).catch(() => null)))
  return told.filter((each) => each !== null)
}

function countDeath({ point, killedIn }: Victim, round: Round, index: number): void {
  round.count('kills')
  if (point === null) round.count('kills at some moment')
  else if (index < killedIn) round.reached(point.replace(/#.*/, ''))
  else round.count('kills at some moment, since the point was not reached')
}

/** Every call once more: who was heard gets the same answer, and nothing happens. */
async function repeatAll(
  { engine }: Theatre,
  round: Round,
  { races, told }: { races: readonly Race[]; told: Map<string, Told[]> },
): Promise<void> {
  const companies = [...new Set(races.map(({ subject }) => subject.companyId))]
  const count = async () => (await Promise.all(companies.map((companyId) => readLog(engine, companyId)))).flat().length
  const before = await count()
  for (const race of races) {
    const repeated = await Promise.all(callsOf(race).map((call) => decide(engine, call, 'last')))
    round.count('repeats at the end', repeated.length)
    for (const each of repeated) noteTold(told, each)
  }
  const happened = (await count()) - before
  if (happened > 0) round.violation(`Repeating all calls of a round made ${happened} events`)
}

async function checkWhole({ engine, place }: Theatre, round: Round): Promise<void> {
  for (const sentence of await brokenInvariants(place)) round.violation(sentence)
  const { checks } = await engine.verify()
  for (const { name, violations } of checks)
    if (violations.length > 0) round.violation(`${name} does not hold: ${JSON.stringify(violations.slice(0, 3))}`)
}
