// One of two processes that race for the same tasks: started by checkout.test.ts, prints its result as one line.
import { existsSync } from 'node:fs'

import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedAdapter } from '@engine/testing'

interface Plan {
  file: string
  agents: string[]
  tasks: string[]
}

const plan = JSON.parse(process.argv[2] ?? '') as Plan
const engine = await createEngine({ storage: sqlite(plan.file), adapters: [scriptedAdapter()] })
// The racers begin at the two ends, so that neither is always first.
const tasks = process.argv[3] === '1' ? plan.tasks : plan.tasks.toReversed()
const result = { won: [] as string[], lost: 0, lostWithHolder: 0, unexpected: [] as string[] }

console.log('READY')
while (!existsSync(`${plan.file}.go`)) await new Promise((resolve) => setTimeout(resolve, 1))

for (const taskId of tasks) {
  const calls = plan.agents.map((agentId) => engine.tasks.checkout({ taskId, agentId }))
  for (const answer of await Promise.allSettled(calls)) {
    if (answer.status === 'fulfilled') result.won.push(taskId)
    else if (answer.reason.code !== 'checkout_conflict') result.unexpected.push(String(answer.reason))
    else {
      result.lost += 1
      if (answer.reason.details.holder !== null) result.lostWithHolder += 1
    }
  }
}
await engine.stop()
console.log(`RESULT ${JSON.stringify(result)}`)
