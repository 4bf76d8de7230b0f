import { Server } from '@modelcontextprotocol/server'

import type { JsonObject } from '@engine/core'

import { about, capabilities, instructions } from './about.ts'
import { callTool } from './call.ts'
import { canAsk } from './capabilities.ts'
import { withProgress } from './progress.ts'
import { promptsFor, readPrompt } from './prompts.ts'
import { listResources, readResource, resourceTemplates } from './resources.ts'
import type { Session } from './session.ts'
import { toolsFor } from './tools.ts'

/** What one client is served by. Everything in it is made from the registry, for whoever the client acts for. */
export function createServer(session: Session): Server {
  const server = new Server(about, { capabilities, instructions })
  const { engine } = session
  server.setRequestHandler('tools/list', async () => ({ tools: toolsFor(engine.registry, await session.identify()) }))
  server.setRequestHandler('tools/call', ({ params }, context) =>
    withProgress(
      context,
      () =>
        callTool(session, {
          name: params.name,
          // Arguments come as JSON.
          input: (params.arguments ?? {}) as JsonObject,
          canAsk: canAsk(server, context),
          context,
        }),
      session.progressMs,
    ),
  )
  server.setRequestHandler('resources/list', async () => ({ resources: await listResources(session, await session.identify()) }))
  server.setRequestHandler('resources/templates/list', async () => ({
    resourceTemplates: resourceTemplates(session, await session.identify()),
  }))
  server.setRequestHandler('resources/read', async ({ params }) => readResource(session, await session.identify(), params.uri))
  server.setRequestHandler('prompts/list', async () => ({ prompts: promptsFor(session, await session.identify()) }))
  server.setRequestHandler('prompts/get', async ({ params }) =>
    readPrompt(session, await session.identify(), { name: params.name, arguments: params.arguments ?? {} }),
  )
  return server
}
