import { CLIENT_CAPABILITIES_META_KEY, type Server, type ServerContext } from '@modelcontextprotocol/server'

/** Whether a client can put a form to its person; one that says no more than that it elicits means forms. */
export function canAsk(server: Server, { mcpReq }: ServerContext): boolean {
  // Newer clients say it with each request, older ones once.
  const said: unknown = Object(mcpReq.envelope)[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities()
  const { elicitation } = Object(said)
  return elicitation !== undefined && (Object(elicitation).form !== undefined || Object(elicitation).url === undefined)
}
