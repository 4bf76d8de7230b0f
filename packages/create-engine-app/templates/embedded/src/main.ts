import { mkdirSync } from 'node:fs'

import { openApp } from './app.ts'

const { PORT: port = '3000', ENGINE_SECRET_KEY: secretKey } = process.env
if (!secretKey) throw new Error('ENGINE_SECRET_KEY is not set. Copy .env.example to .env and fill it in.')

mkdirSync('./data', { recursive: true })
const app = await openApp('./data/shop.db', secretKey)
app.engine.on('task.completed', async ({ entity }) => {
  const { identifier, title } = await app.engine.tasks.get({ taskId: entity.id })
  console.log(`${identifier} is done: ${title}`)
})
const server = app.web.listen(Number(port), '127.0.0.1', (error) => {
  if (error) throw error
  console.log(`The shop is on http://127.0.0.1:${port}, the board on http://127.0.0.1:${port}/engine/`)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    server.close()
    server.closeAllConnections()
    void app.stop()
  })
