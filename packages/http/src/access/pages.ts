import { html, type WireResponse } from '../wire.ts'

interface Field {
  readonly name: string
  readonly label: string
  readonly type: 'email' | 'password' | 'text'
  readonly autocomplete: string
}

interface Page {
  readonly title: string
  readonly hint: string
  /** What the form is sent to, below `/api`. */
  readonly action: string
  readonly button: string
  readonly fields: readonly Field[]
  /** Whether the address of the page holds a token behind its #, where no server and no log sees it. */
  readonly hasToken: boolean
}

const name: Field = { name: 'name', label: 'Your name', type: 'text', autocomplete: 'name' }
const email: Field = { name: 'email', label: 'Email address', type: 'email', autocomplete: 'username' }
const password: Field = { name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' }
const newPassword: Field = { ...password, label: 'New password (12 characters or more)', autocomplete: 'new-password' }

const pages: Readonly<Record<string, Page>> = {
  '/login': {
    title: 'Log in',
    hint: 'No account? Ask for an invitation.',
    action: 'accounts/log-in',
    button: 'Log in',
    fields: [email, password],
    hasToken: false,
  },
  '/setup': {
    title: 'Set up',
    hint: 'This makes the first account, which owns the installation.',
    action: 'accounts/set-up',
    button: 'Make the account',
    fields: [name, email, newPassword],
    hasToken: true,
  },
  '/password': {
    title: 'Set a password',
    hint: 'The link works once. You are logged out everywhere else.',
    action: 'accounts/set-password',
    button: 'Set the password',
    fields: [newPassword],
    hasToken: true,
  },
  '/invitation': {
    title: 'Accept an invitation',
    hint: 'The invitation is to the address that you give here.',
    action: 'invites/accept',
    button: 'Accept',
    fields: [name, email, newPassword],
    hasToken: true,
  },
}

/** The pages by which somebody gets in; null for another path. @param base the path that the server is mounted at */
export function accountPage(path: string, base: string): WireResponse | null {
  if (path === '/login.js') return { status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' }, body: script }
  const page = pages[path]
  return page ? html(write(page, base), strictHeaders) : null
}

/** Nothing but what this server itself gives, in no frame. */
export const strictHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
}

function write({ title, hint, action, button, fields, hasToken }: Page, base: string): string {
  const inputs = fields.map(
    (field) =>
      `<label>${field.label}<input name="${field.name}" type="${field.type}" autocomplete="${field.autocomplete}" required></label>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title} – Engine</title><style>${style}</style></head><body><main><h1>${title}</h1><p>${hint}</p>
<form method="post" data-action="${action}"${hasToken ? ' data-token' : ''}>${inputs.join('')}<p role="alert"></p><button>${button}</button></form>
</main><script type="module" src="${base}/login.js"></script></body></html>`
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 24rem; margin: 10vh auto; padding: 0 1.5rem }
label { display: block; margin: 1rem 0 } input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .5rem; margin-top: .25rem }
button { font: inherit; padding: .5rem 1.25rem; cursor: pointer } [role=alert] { color: #c62a2f; min-height: 1.5em }
@media (prefers-color-scheme: dark) { [role=alert] { color: #ff9592 } }`

const script = `
const root = new URL('.', import.meta.url)
const form = document.querySelector('form')
const told = document.querySelector('[role=alert]')
// The token goes no further than this page: not into the history, and to nobody whom a link leads to.
const token = location.hash.slice(1)
if (token) history.replaceState(null, '', location.pathname)
if ('token' in form.dataset && !token) told.textContent = 'The address of this page lacks its token. Use the whole link.'
form.addEventListener('submit', async (submit) => {
  submit.preventDefault()
  const button = form.querySelector('button')
  button.disabled = true
  told.textContent = ''
  const body = { ...Object.fromEntries(new FormData(form)), ...(token && { token }) }
  try {
    const answer = await fetch(new URL('api/' + form.dataset.action, root), {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    })
    if (answer.ok) return location.assign(root)
    const problem = await answer.json()
    told.textContent = problem.errors?.map((error) => error.path + ': ' + error.message).join(', ') || problem.detail
  } catch {
    told.textContent = 'The server does not answer. Try again.'
  }
  button.disabled = false
})
`
