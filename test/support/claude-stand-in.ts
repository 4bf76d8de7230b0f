import { readFileSync } from 'node:fs'

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

// Plays Claude Code: takes the server of Engine's tools from its arguments and variables, as that does, and speaks its lines.

interface Settings {
  readonly mcpServers: { readonly engine: { readonly url: string; readonly headers: Record<string, string> } }
}

const prompt = readFileSync(0, 'utf8')
const given = process.argv.find((argument) => argument.startsWith('{"mcpServers"')) ?? ''
const expanded = given.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => process.env[name] ?? '')
// It is only started by a test, whose adapter writes this.
const { url, headers } = (JSON.parse(expanded) as Settings).mcpServers.engine
const client = new Client({ name: 'stand-in', version: '1' })
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))

const say = (line: object) => process.stdout.write(`${JSON.stringify({ session_id: 'talk-1', ...line })}\n`)
say({ type: 'system', subtype: 'init' })

async function use(name: string, input: Record<string, unknown>): Promise<string> {
  const { isError, content } = await client.callTool({ name, arguments: input })
  const [first] = content
  const told = first?.type === 'text' ? first.text : ''
  say({ type: 'assistant', message: { id: name, content: [{ type: 'text', text: `${name}: ${isError ? 'refused ' : ''}${told}` }] } })
  return told
}

const isResumed = process.argv.includes('--resume')
const answer = /Answer: (.*)/.exec(prompt)?.[1]
if (answer === undefined) {
  await use('comments_create', { body: 'I begin.' })
  await use('knowledge_search', { query: 'chairs' })
  await use('ask_person', { question: 'Which room?', choices: ['Hall', 'Attic'] })
} else {
  // What is asked about no task is about the run's own.
  const { id } = JSON.parse(await use('tasks_get', {})) as { id: string }
  await use('tasks_create', { title: 'Count the stools', parentId: id })
  await use('comments_create', { body: `I was told ${answer}, ${isResumed ? 'and remember the rest' : 'and remember nothing'}.` })
  await use('submit_for_review', { title: 'Chairs', content: 'There are 12.' })
}
await client.close()
// Of the whole conversation, as the program counts.
const used = { inputTokens: isResumed ? 10 : 5, outputTokens: 1, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, costUSD: 0 }
say({ type: 'result', subtype: 'success', is_error: false, result: 'That is all.', modelUsage: { m: used } })
