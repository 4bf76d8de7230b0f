import { once } from 'node:events'
import { createEngine } from '@engine/core'
import { processAdapter } from '@engine/adapters/process'
import { sqlite } from '@engine/storage-sqlite'

const engine = await createEngine({ storage: sqlite('./engine.db'), adapters: [processAdapter({ programs: ['date'] })] })
const company = await engine.companies.create({ name: 'Acme' })
const hire = { name: 'Ada', role: 'timekeeper', adapterType: 'process', adapterConfig: { command: 'date' } }
const ada = await engine.agents.create({ companyId: company.id, ...hire })
engine.on('task.completed', async ({ data }) => console.log((await engine.runs.log({ runId: data.runId ?? '' })).items))
await engine.start()
await engine.tasks.create({ companyId: company.id, title: 'Tell the time', assigneeAgentId: ada.id })
await once(process, 'SIGINT')
await engine.stop()
