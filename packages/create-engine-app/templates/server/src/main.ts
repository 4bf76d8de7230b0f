import { createDemo } from './demo.ts'
import { openApp } from './app.ts'

const { PORT: port = '4400', ENGINE_SECRET_KEY: secretKey } = process.env
if (!secretKey) throw new Error('ENGINE_SECRET_KEY is not set. Copy .env.example to .env and fill it in.')

const app = await openApp({ folder: './data', port: Number(port), secretKey })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.stop())
app.engine.on('task.completed', async ({ entity }) => {
  const { identifier, title } = await app.engine.tasks.get({ taskId: entity.id })
  console.log(`${identifier} is done: ${title}`)
})
app.engine.on('deliverable.submitted', ({ data }) => console.log(`A review waits for you: ${data.title}`))
console.log(`The board is on ${app.url}/, the API on ${app.url}/api/docs`)
await createDemo(app.engine)
