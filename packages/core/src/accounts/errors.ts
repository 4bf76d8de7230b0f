import { defineErrors, EngineError } from '../kernel/errors.ts'

export const accountErrors = defineErrors({
  login_refused: {
    kind: 'unauthenticated',
    help: 'The address or the password is wrong; nothing tells which. Whoever looks after this installation can make a link for a new one.',
  },
  too_many_attempts: { kind: 'limited', help: 'Wait as long as `retryAfterMs` says. A link for a new password works at once.' },
  link_refused: { kind: 'unauthenticated', help: 'The link was used, is too old, or was replaced by a newer one. Ask for another.' },
  weak_password: { kind: 'rule', help: 'Choose a longer or less common one; the message says what is wrong with it.' },
  not_logged_in: { kind: 'denied', help: 'Log in with an address and a password; a key has no session.' },
})

export function loginRefused(): EngineError {
  return new EngineError(accountErrors.login_refused, 'The address or the password is wrong.')
}

export function tooManyAttempts(retryAfterMs: number): EngineError {
  const message = `Too many passwords were tried. The next one is looked at in ${Math.ceil(retryAfterMs / 1_000)} seconds.`
  return new EngineError(accountErrors.too_many_attempts, message, { details: { retryAfterMs } })
}

export function linkRefused(): EngineError {
  return new EngineError(accountErrors.link_refused, 'This link opens nothing. It was used, is too old, or was replaced by a newer one.')
}
