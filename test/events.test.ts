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

it('what a listener does to an event reaches nobody else', async () => {
  const { engine, companyId } = await createWorld()
  const heard: unknown[] = []
  engine.on('task.created', (event) => void Object.assign(event.data, { title: 'Another' }))
  engine.on('task.created', (event) => void heard.push(event.data.title))
  await engine.tasks.create({ companyId, title: 'One' })
  expect(heard).toEqual(['One'])
  await engine.stop()
})
