/** What an SDK of ours has reason to send. */
const sent = /^(accept|content-type|content-length|user-agent|idempotency-key|(anthropic|openai|x-stainless)-[a-z-]+)$/

/**
 * A fetch for SDKs that read more of the host's environment than an agent is given: headers of the host are not sent, the key is
 * the agent's own or none, and a redirect is an answer.
 */
export function plainFetch(apiKey: string | undefined, ask: typeof fetch): typeof fetch {
  return (input, init = {}) => {
    const headers = new Headers([...new Headers(init.headers)].filter(([name]) => sent.test(name)))
    if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`)
    return ask(input, { ...init, headers, redirect: 'manual' })
  }
}
