import { expect, it } from 'vitest'

import { until } from '../../test/support/engine.ts'
import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'

it('serves the shop and Engine beside it: an order becomes a task, which is done, and shown below /engine', async () => {
  const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder(), env: { PORT: '0' } })
  const [, url = ''] = await program.printed(/The shop is on (\S+),/)
  const headers = { 'content-type': 'application/json' }
  const ordered = await fetch(`${url}/orders`, { method: 'POST', headers, body: '{"item":"a teapot"}' })
  expect([ordered.status, await ordered.json()]).toEqual([201, { order: 'SHO-1' }])
  await until(
    async () => (await fetch(`${url}/orders/SHO-1`)).json(),
    (order) => Object(order).status === 'done',
  )
  expect(await (await fetch(`${url}/engine/api/tasks/SHO-1`)).json()).toMatchObject({ title: 'Pack a teapot', status: 'done' })
  const page = await fetch(`${url}/engine/`, { headers: { accept: 'text/html' } })
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  program.child.kill('SIGINT')
  expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
})
