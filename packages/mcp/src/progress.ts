import type { ServerContext } from '@modelcontextprotocol/server'

const everyMs = 2_000

/** Tells a client that wants to know, for as long as a call is under way, so that it does not give up on one that takes long. */
export async function withProgress<Result>({ mcpReq }: ServerContext, work: () => Promise<Result>, progressMs = everyMs): Promise<Result> {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return work()
  let progress = 0
  const timer = setInterval(() => {
    const params = { progressToken, progress: (progress += 1), message: 'Under way.' }
    // Whoever went away asks for nothing more.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined)
  }, progressMs)
  return work().finally(() => clearInterval(timer))
}
