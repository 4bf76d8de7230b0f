import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'

import { openApp } from './app.ts'
import { createDemo } from './demo.ts'

await test('the demo finishes one task, and leaves one for a person to review', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'app-'))
  const app = await openApp({ folder, port: 0, secretKey: randomBytes(32).toString('base64') })
  context.after(async () => {
    await app.stop()
    rmSync(folder, { recursive: true })
  })
  await createDemo(app.engine)
  const [company] = (await app.engine.companies.list({})).items
  assert.ok(company)

  const statuses = async () => (await app.engine.tasks.list({ companyId: company.id })).items.map(({ status }) => status).toSorted()
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline && (await statuses()).join() !== 'done,in_review') await setTimeout(50)
  assert.deepEqual(await statuses(), ['done', 'in_review'])

  const health = await fetch(`${app.url}/api/health/ready`)
  assert.equal(health.status, 200)
})
