import type { Api, Registry } from '@engine/core'

import { escape } from './escape.ts'

type Item<List> = List extends Promise<{ items: (infer Element)[] }> ? Element : never
type Company = Item<ReturnType<Api['companies']['list']>>
type Task = Item<ReturnType<Api['tasks']['list']>>
type Agent = Item<ReturnType<Api['agents']['list']>>

/** A plain page of what is going on, for people without another client. It reads only what the local operator may. */
export async function statusPage(api: Api, { canLogOut, basePath }: { canLogOut: boolean; basePath: string }): Promise<string> {
  const { items } = await api.companies.list({ limit: 20 })
  const sections = await Promise.all(items.map((company) => companySection(api, { company, basePath })))
  const content = sections.length > 0 ? sections.join('') : '<p>No company yet. Create one: <code>POST /api/companies</code>.</p>'
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Engine</title><style>${style}</style></head><body>
<header><h1>Engine</h1><nav><a href="${basePath}/api/docs">API reference</a> <a href="${basePath}/api/openapi.json">OpenAPI</a> <a href="${basePath}/api/health/ready">Health</a>${canLogOut ? ' <button data-log-out>Log out</button>' : ''}</nav></header>
<main id="content">${content}</main><script src="${basePath}/status.js"></script></body></html>`
}

async function companySection(api: Api, { company, basePath }: { company: Company; basePath: string }): Promise<string> {
  const scope = { companyId: company.id, limit: 100 }
  const [agents, tasks, pending] = await Promise.all([
    api.agents.list(scope),
    api.tasks.list(scope),
    api.deliverables.list({ ...scope, status: 'pending' }),
  ])
  const names = new Map(agents.items.map((agent) => [agent.id, agent.name]))
  const waiting = pending.items.map(
    (item) => `<li><strong>${escape(item.title)}</strong> (version ${item.number}) waits for a decision.
${item.summary ? `<p>${escape(item.summary)}</p>` : ''}<p><a href="${basePath}/api/deliverables/${item.id}">Read it</a>
<button data-review="${item.id}" data-decision="approved">Approve</button>
<button data-review="${item.id}" data-decision="revision_requested">Ask for a revision…</button></p></li>`,
  )
  return `<section data-company="${company.id}"><h2>${escape(company.name)} <small>${company.status}</small></h2>
${waiting.length > 0 ? `<div class="waiting"><h3>Waits for you</h3><ul>${waiting.join('')}</ul></div>` : ''}
<h3>Tasks</h3>${table(
    ['', 'Task', 'Status', 'Agent', 'Progress'],
    tasks.items.map((task) => taskRow(task, { names, basePath })),
  )}
<h3>Agents</h3>${table(['Name', 'Role', 'Status', 'Adapter'], agents.items.map(agentRow))}</section>`
}

function taskRow(task: Task, { names, basePath }: { names: ReadonlyMap<string, string>; basePath: string }): string[] {
  const agent = task.assigneeAgentId === null ? '–' : (names.get(task.assigneeAgentId) ?? '?')
  const note = task.blocked?.reason ?? task.progress.message
  return [
    `<a class="status" href="${basePath}/api/tasks/${task.identifier}">${escape(task.identifier)}</a>`,
    escape(task.title),
    `<span class="status ${task.status}">${task.status.replace('_', ' ')}</span>`,
    escape(agent),
    `<progress max="100" value="${task.progress.percent}">${task.progress.percent} %</progress>${note ? ` <small>${escape(note)}</small>` : ''}`,
  ]
}

function agentRow(agent: Agent): string[] {
  const title = agent.title ? `${escape(agent.role)} <small>${escape(agent.title)}</small>` : escape(agent.role)
  return [
    escape(agent.name),
    title,
    `<span class="status ${agent.status}">${agent.status.replace('_', ' ')}</span>`,
    escape(agent.adapterType),
  ]
}

function table(head: readonly string[], rows: readonly string[][]): string {
  if (rows.length === 0) return '<p>None yet.</p>'
  const cells = (row: readonly string[], tag: string) => `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
  return `<table><thead>${cells(head, 'th')}</thead><tbody>${rows.map((row) => cells(row, 'td')).join('')}</tbody></table>`
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 68rem; margin: 0 auto; padding: 1rem 1.5rem 4rem }
header { display: flex; gap: 1rem; align-items: baseline; justify-content: space-between; flex-wrap: wrap }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8884; vertical-align: top }
small { color: GrayText } progress { width: 7rem; vertical-align: middle }
.status { white-space: nowrap } .in_progress, .running { color: #0b66d0 } .done { color: #18794e } .blocked, .error { color: #c62a2f } .in_review { color: #9a5b00 }
@media (prefers-color-scheme: dark) { .in_progress, .running { color: #7ab8ff } .done { color: #6fd39f } .blocked, .error { color: #ff9592 } .in_review { color: #ffca7a } }
.waiting { border: 2px solid #d97706; border-radius: .5rem; padding: .25rem 1rem; margin: 1rem 0 }
button { font: inherit; padding: .15rem .75rem; cursor: pointer }`

/**
 * Keeps the page live: whatever happens in a company, the content is fetched anew. A browser opens six connections to a
 * server and tabs share them, so only the first companies are listened to and the rest is looked at from time to time; a page
 * that was left and is kept for going back listens to none.
 */
export function statusPageScript(registry: Registry): string {
  return `
const base = new URL('.', document.currentScript.src).pathname
const listening = new Map()
function listen() {
  for (const { dataset } of document.querySelectorAll('[data-company]')) {
    if (listening.size >= 2 || listening.has(dataset.company)) continue
    const source = new EventSource(base + 'api/companies/' + dataset.company + '/events?after=latest')
    listening.set(dataset.company, source)
    for (const type of ${JSON.stringify(Object.keys(registry.events))}) source.addEventListener(type, refreshSoon)
  }
}
let pending
async function refresh() {
  pending = undefined
  const page = await (await fetch(base)).text()
  const fresh = new DOMParser().parseFromString(page, 'text/html').getElementById('content')
  if (fresh) document.getElementById('content').replaceChildren(...fresh.childNodes)
  listen()
}
function refreshSoon() { pending ??= setTimeout(() => refresh().catch(() => undefined), 150) }
listen()
setInterval(refreshSoon, 10_000)
addEventListener('pagehide', () => {
  for (const source of listening.values()) source.close()
  listening.clear()
})
addEventListener('pageshow', ({ persisted }) => persisted && refreshSoon())
async function post(path, body) {
  const { csrfToken } = await (await fetch(base + 'api/session')).json()
  const headers = { 'content-type': 'application/json', ...(csrfToken && { 'x-csrf-token': csrfToken }) }
  return fetch(base + 'api/' + path, { method: 'POST', headers, body: JSON.stringify(body) })
}
document.addEventListener('click', async (click) => {
  if ('logOut' in (click.target.dataset ?? {})) {
    await post('accounts/log-out', {})
    location.assign(base + 'login')
  }
  const { review, decision } = click.target.dataset ?? {}
  if (!review) return
  const feedback = decision === 'revision_requested' ? prompt('What should change?') : undefined
  if (feedback === null) return
  const answer = await post('deliverables/' + review + '/review', { decision, ...(feedback && { feedback }) })
  if (!answer.ok) alert((await answer.json()).detail)
  refreshSoon()
})
`
}
