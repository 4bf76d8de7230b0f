import type { AskServer } from './server.ts'

/** How long the server may take for an answer, milliseconds. */
const patienceMs = 30_000

/** Sends requests to the server at an address. */
export function askOver(server: URL, { answersWithinMs = patienceMs }: { readonly answersWithinMs?: number } = {}): AskServer {
  const base = server.href.replace(/\/$/, '')
  return async ({ method, path, body, credential }) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(credential !== null && { authorization: `Bearer ${credential}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
      // Wherever an answer would send it, the credential is not meant for that.
      redirect: 'error',
      signal: AbortSignal.timeout(answersWithinMs),
    })
    const text = await response.text()
    return { status: response.status, body: parse(text) }
  }
}

/** What somebody between answers need not be JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
