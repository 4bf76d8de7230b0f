import type { Actor, Engine, Logger } from '@engine/core'

import type { AccountsOptions } from './access/entrance.ts'
import type { LimitOptions } from './limits.ts'
import type { Mounted } from './mounted.ts'

export interface HandlerOptions {
  readonly engine: Engine
  readonly logger?: Logger | undefined
  /**
   * Who a request without a credential acts as. On a loopback server this is the local operator; leave it out and such
   * requests get 401.
   */
  readonly localActor?: Actor | undefined
  /** People log in with a password, and come with the session of their browser beside keys. Not with `localActor`. */
  readonly accounts?: AccountsOptions | undefined
  /** Where the app around it has it mounted, such as `/engine`, when requests come with the whole path; express tells by itself. */
  readonly basePath?: string | undefined
  /** What answers at `/mcp`, such as `mcpEndpoint` of @engine/mcp; left out, nothing does. It is told who asks. */
  readonly mcp?: ((engine: Engine) => Mounted) | undefined
  /** The folder of a web app that is served at `/`, such as `boardFolder` of @engine/ui-kit; left out, a plain page of what goes on. */
  readonly board?: URL | undefined
  /** What a monitor sends to read `/metrics`, beside those who have a role everywhere. */
  readonly metricsToken?: string | undefined
  /** How much one caller may ask; left out, as much as it likes, since the app around it may have limits of its own. */
  readonly limits?: LimitOptions | undefined
  /** How long a client of a stream may leave unread what it was sent before its connection is closed, milliseconds; 30 seconds. */
  readonly streamPatienceMs?: number | undefined
  /** Ends every open stream, for a graceful stop. */
  readonly stopping?: AbortSignal | undefined
}
