/** What a browser does about a session, and nothing else: it keeps the cookie, and says which page asks. */
export function createVisitor(url: string, headers: Readonly<Record<string, string>> = {}) {
  let cookie: string | null = null
  let csrfToken: string | null = null

  async function send(method: string, path: string, given: { body?: unknown; headers?: Record<string, string> } = {}) {
    const answer = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        origin: url,
        'sec-fetch-site': 'same-origin',
        ...(cookie !== null && { cookie }),
        ...(csrfToken !== null && { 'x-csrf-token': csrfToken }),
        ...(given.body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
        ...given.headers,
      },
      ...(given.body !== undefined && { body: typeof given.body === 'string' ? given.body : JSON.stringify(given.body) }),
    })
    const set = answer.headers.get('set-cookie')
    if (set !== null) cookie = set.includes('Max-Age=0') ? null : (set.split(';')[0] ?? null)
    const text = await answer.text()
    const body: unknown = answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text
    return { status: answer.status, headers: answer.headers, setCookie: set, text, body }
  }

  return {
    send,
    get cookie() {
      return cookie
    },
    takes(given: { cookie?: string | null; csrfToken?: string | null }) {
      if (given.cookie !== undefined) cookie = given.cookie
      if (given.csrfToken !== undefined) csrfToken = given.csrfToken
    },
    /** Asks for what its pages send beside the cookie. */
    async readToken() {
      const { body } = await send('GET', '/api/session')
      csrfToken = (body as { csrfToken: string | null }).csrfToken
      return csrfToken
    },
  }
}
