import type { Client } from 'pg'
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest'

import { createEngine, type Engine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { until } from '@engine/testing'

import { openClient } from '../bench/lib/pg.ts'
import { createDatabase, dropDatabase } from './support/postgres.ts'

let url: string
let observer: Client
let writing: Engine
let heard: string[] = []

beforeAll(async () => {
  url = await createDatabase(inject('postgresUrl'))
  writing = await createEngine({ storage: postgres(url) })
  observer = await openClient(url)
  observer.on('notification', ({ payload = '' }) => heard.push(payload))
  // It takes no lock of those who listen, so nobody knows of it.
  await observer.query('listen "engine engine"')
})

afterAll(async () => {
  await observer.end()
  await writing.stop()
  await dropDatabase(url)
})

/** How often this process looked whether somebody listens. */
async function looks(): Promise<number> {
  const { rows } = await observer.query<{ looks: number }>(
    `select count(*)::int as looks from pg_stat_activity where datname = current_database() and state = 'idle' and query like 'select pg_notify%'`,
  )
  return rows[0]?.looks ?? 0
}

it('tells nobody of changes while nobody listens, and the next ones to whoever begins to', async () => {
  heard = []
  const { id: companyId } = await writing.companies.create({ name: 'Alone' })
  await until(looks, (count) => count > 0)
  expect(heard).toEqual([])

  const listening = await createEngine({ storage: postgres(url) })
  await listening.start()
  await writing.goals.create({ companyId, title: 'Be heard' })
  await until(
    () => heard.length,
    (count) => count > 0,
  )
  expect(heard[0]?.split(' ')[1]).toBe(companyId)

  await listening.stop()
  await until(listeners, (count) => count === 0)
})

it('listens again when its connection was ended, says that anything may have changed, and hears what comes then', async () => {
  const { id: companyId } = await writing.companies.create({ name: 'Lost' })
  const hints: (string | null)[] = []
  const end = await postgres(url)
    .open()
    .hints?.listen((hint) => void hints.push(hint))
  onTestFinished(() => end?.())
  const { rows } = await observer.query<{ pid: number }>(
    `select pid from pg_locks where ${isListener} and database = (select oid from pg_database where datname = current_database())`,
  )
  expect(rows).toHaveLength(1)
  await observer.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid])
  await until(
    () => hints,
    (told) => told.includes(null),
  )
  await until(listeners, (count) => count === 1)
  await writing.goals.create({ companyId, title: 'Be heard' })
  await until(
    () => hints,
    (told) => told.at(-1) === companyId,
  )
})

const isListener = `locktype = 'advisory' and classid::bigint >> 16 = ${0x4e4c}`

async function listeners(): Promise<number> {
  const { rows } = await observer.query<{ listeners: number }>(
    `select count(*)::int as listeners from pg_locks where ${isListener}
      and database = (select oid from pg_database where datname = current_database())`,
  )
  return rows[0]?.listeners ?? 0
}
