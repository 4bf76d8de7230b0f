import { defineErrors, EngineError } from '../kernel/errors.ts'

export const accountErrors = defineErrors({
  login_refused: {
    kind: 'unauthenticated',
    cause: 'No account has this address and this password.',
    help: 'The address or the password is wrong; nothing tells which. Whoever looks after this installation can make a link for a new one.',
  },
  too_many_attempts: {
    kind: 'limited',
    cause: 'Wrong passwords were tried from this address, or for this account, more often than is looked at.',
    help: 'Wait as long as `retryAfterMs` says. A link for a new password works at once.',
  },
  link_refused: {
    kind: 'unauthenticated',
    cause: 'A link opens once, for as long as it says, and only until a newer one is made or its person gets more rights.',
    help: 'The link was used, is too old, was replaced by a newer one, or ended as its person got more rights. Ask for another.',
  },
  weak_password: {
    kind: 'rule',
    cause: 'The password is short, common, a pattern, or made of the own name.',
    help: 'Choose a longer or less common one; the message says what is wrong with it.',
  },
  not_logged_in: {
    kind: 'denied',
    cause: 'The call is about the session of a browser, and came with a key or with nothing.',
    help: 'Log in with an address and a password; a key has no session.',
  },
})

export function loginRefused(): EngineError {
  return new EngineError(accountErrors.login_refused, 'The address or the password is wrong.')
}

export function tooManyAttempts(retryAfterMs: number): EngineError {
  const message = `Too many passwords were tried. The next one is looked at in ${Math.ceil(retryAfterMs / 1_000)} seconds.`
  return new EngineError(accountErrors.too_many_attempts, message, { details: { retryAfterMs } })
}

export function linkRefused(): EngineError {
  return new EngineError(
    accountErrors.link_refused,
    'This link opens nothing. It was used, is too old, was replaced by a newer one, or ended as its person got more rights.',
  )
}
