import { z } from 'zod'

const Link = z.object({
  method: z.enum(['GET', 'POST']),
  path: z.string().describe('Below the server; what stands in braces is for the caller to fill in.'),
})

export const Links = z
  .record(z.string(), Link)
  .describe('What this credential is for, by name. With a key: find and take work; with the credential of a run: do it and hand it in.')

const get = (path: string) => ({ method: 'GET', path: `/api${path}` }) as const
const post = (path: string) => ({ method: 'POST', path: `/api${path}` }) as const

/** Where an agent goes on by its key alone. Pure. */
export function linksOfAgent(companyId: string): z.output<typeof Links> {
  return {
    inbox: get('/agents/me/inbox'),
    tasks: get('/agents/me/tasks'),
    next: post('/agents/me/tasks/next'),
    checkout: post('/tasks/{taskId}/checkout'),
    context: get('/tasks/{taskId}/context'),
    comment: post('/tasks/{taskId}/comments'),
    createTask: post(`/companies/${companyId}/tasks`),
    events: get(`/companies/${companyId}/events`),
  }
}

/** Where a run goes on until it hands its task in or gives it back. Pure. */
export function linksOfRun({ id, taskId }: { id: string; taskId: string }): z.output<typeof Links> {
  return {
    task: get(`/tasks/${taskId}`),
    context: get(`/tasks/${taskId}/context`),
    comments: get(`/tasks/${taskId}/comments`),
    heartbeat: post(`/runs/${id}/heartbeat`),
    log: post(`/runs/${id}/log`),
    progress: post(`/tasks/${taskId}/progress`),
    comment: post(`/tasks/${taskId}/comments`),
    ask: post(`/tasks/${taskId}/interactions`),
    submit: post(`/tasks/${taskId}/deliverables`),
    report: post(`/runs/${id}/report`),
    release: post(`/tasks/${taskId}/release`),
  }
}
