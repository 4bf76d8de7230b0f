// One of several processes that open the same new database: prints how many migrations it applied. Given a number, it stands
// still before that statement, with whatever transaction is open, until it is killed.
import { createEngine, silentLogger, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { intercepted } from '@engine/testing'

const [place = '', standstill] = process.argv.slice(2)
const storage = place.startsWith('postgres:') ? postgres(place) : sqlite(place)

function standingStill(stillAt: number): Storage {
  return intercepted(storage, async (_, count) => {
    if (count < stillAt) return
    console.log('STANDS STILL')
    await new Promise((resolve) => setTimeout(resolve, 3_600_000))
  })
}

let applied = 0
const count = (_message: string, fields: Record<string, unknown> = {}) => {
  if (Array.isArray(fields['applied'])) applied += fields['applied'].length
}
console.log('OPENS')
const engine = await createEngine({
  storage: standstill === undefined ? storage : standingStill(Number(standstill)),
  logger: { ...silentLogger, info: count },
})
await engine.companies.list()
await engine.stop()
console.log(`MIGRATED ${applied}`)
