/** What a choice such as `project 0198…` says of a route. Pure. */
export function asScope(choice: string): { projectId: string | null; agentId: string | null } {
  const [kind, id = null] = choice.split(' ')
  return { projectId: kind === 'project' ? id : null, agentId: kind === 'agent' ? id : null }
}
