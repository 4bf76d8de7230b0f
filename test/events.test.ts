import { expect, it } from 'vitest'

import { createWorld } from './support/engine.ts'

it('a listener that fails harms neither the command nor the other listeners', async () => {
  const { engine, companyId } = await createWorld()
  const heard: string[] = []
  engine.on('task.created', () => {
    throw new Error('mine')
  })
  engine.on('task.created', async () => {
    throw new Error('mine too')
  })
  const forget = engine.on('task.created', (event) => void heard.push(event.data.title))
  await engine.tasks.create({ companyId, title: 'One' })
  forget()
  await engine.tasks.create({ companyId, title: 'Two' })
  expect(heard).toEqual(['One'])
  await engine.stop()
})
