import type { IncomingMessage, ServerResponse } from 'node:http'

import { createHandler, type HandlerOptions } from './handler.ts'
import { answerNode } from './node.ts'

/** What express calls for a request, in terms of node alone, so that using it needs no types of express. */
export type ExpressHandler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

/** Engine as an express handler: `app.use('/engine', expressHandler({ engine }))`. Put it before body parsers. */
export function expressHandler(options: HandlerOptions): ExpressHandler {
  const handler = createHandler(options)
  return (request, response, next) => {
    answerNode(handler, request, response).catch(next)
  }
}
