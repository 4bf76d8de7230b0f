import type { RequestHandler } from 'express'

import { createHandler, type HandlerOptions } from './handler.ts'
import { answerNode } from './node.ts'

/** Engine as an express handler: `app.use('/engine', expressHandler({ engine }))`. Put it before body parsers. */
export function expressHandler(options: HandlerOptions): RequestHandler {
  const handler = createHandler(options)
  return (request, response, next) => {
    answerNode(handler, request, response).catch(next)
  }
}
