import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

// What an agent has of its server: where it is, and a key.
const url = new URL('/mcp', process.env['ENGINE_URL'] ?? 'http://127.0.0.1:4400')
const requestInit = { headers: { authorization: `Bearer ${process.env['ENGINE_API_KEY'] ?? ''}` } }
const client = new Client({ name: 'poet', version: '1.0.0' })
await client.connect(new StreamableHTTPClientTransport(url, { requestInit }))

/** Calls a tool, and answers with what it answered. */
async function call(name: string, input: object = {}): Promise<Record<string, unknown>> {
  const { isError, structuredContent, content } = await client.callTool({ name, arguments: { ...input } })
  if (isError) throw new Error(`${name}: ${JSON.stringify(content)}`)
  return { ...Object(structuredContent) }
}

// `tasks_next` finds what there is to do and makes it this agent's, with a credential to work on it.
const { task, run, credential } = await call('tasks_next')
if (!task) {
  console.log('There is nothing to do.')
} else {
  const { id: taskId, identifier, title } = Object(task)
  console.log(`${identifier} ${title}: taken`)
  await call('tasks_progress', { taskId, percent: 50, message: 'Two lines.', credential })
  const content = 'A chair that wobbles\nstands quite still when nobody\nsits on it at all'
  await call('deliverables_submit', { taskId, title, content, credential })
  await call('runs_report', { runId: Object(run).id, outcome: { kind: 'needs_review' }, credential })
  console.log(`${identifier} ${title}: waits for a review`)
}
await client.close()
