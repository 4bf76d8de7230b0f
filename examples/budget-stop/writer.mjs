import { setTimeout as sleep } from 'node:timers/promises'

for (let chapter = 1; chapter <= 5; chapter += 1) {
  console.log(JSON.stringify({ engine: 'usage', costMicros: 10_000 }))
  console.log(JSON.stringify({ engine: 'progress', percent: chapter * 20 }))
  await sleep(300)
}
