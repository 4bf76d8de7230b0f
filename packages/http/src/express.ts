import type { IncomingMessage, ServerResponse } from 'node:http'

import { createHandler, type HandlerOptions } from './handler.ts'
import { answerNode } from './node.ts'

/** What express calls for a request, in terms of node alone, so that using it needs no types of express. */
export type ExpressHandler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

/** Engine as an express handler: `app.use('/engine', expressHandler({ engine }))`. Put it before body parsers. */
export function expressHandler(options: HandlerOptions): ExpressHandler {
  const handler = createHandler(options)
  return (request, response, next) => {
    const place = options.board && withoutSlash(request)
    if (place !== undefined) {
      response.writeHead(308, { location: `${place}/` }).end()
      return
    }
    answerNode({ handler }, request, response).catch(next)
  }
}

/** Where an app has this mounted, when it was asked for without the slash that the files of a page are looked for behind. */
function withoutSlash(request: IncomingMessage): string | undefined {
  const asked = 'originalUrl' in request && typeof request.originalUrl === 'string' ? request.originalUrl : ''
  const [path = '', query] = asked.split('?')
  return request.url?.split('?')[0] === '/' && query === undefined && path !== '' && !path.endsWith('/') ? path : undefined
}
