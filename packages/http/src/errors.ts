import type { ErrorDefinition, Registry } from '@engine/core'

/** Failures that only exist on the wire, and what the wire says in the words of core. */
export const httpErrors = {
  invalid_input: {
    code: 'invalid_input',
    kind: 'invalid',
    cause: 'The call is not what the operation takes: a field is unknown, missing, or of another kind.',
    help: 'Correct what the message names; nothing was changed.',
  },
  malformed_json: {
    code: 'malformed_json',
    kind: 'invalid',
    cause: 'The body is not JSON, not UTF-8, not an object, or nested deeper than 32 levels.',
    help: 'Send one JSON object in UTF-8.',
  },
  unknown_route: {
    code: 'unknown_route',
    kind: 'missing',
    cause: 'No route has this method and path.',
    help: 'See /api/docs for the routes.',
  },
  untrusted_origin: {
    code: 'untrusted_origin',
    kind: 'denied',
    cause:
      'The Host or the Origin of the request is none of the addresses of this server, or a browser says that it comes from another site.',
    help: 'This server answers only requests that name it and come from its own pages.',
  },
  csrf_token: {
    code: 'csrf_token',
    kind: 'denied',
    cause: 'A change by the cookie of a session came without the token of that session.',
    help: 'Send the `csrfToken` of GET /api/session as the header x-csrf-token.',
  },
  unsupported_media_type: {
    code: 'unsupported_media_type',
    kind: 'invalid',
    cause: 'The body says that it is something else than JSON, as forms of other sites do.',
    help: 'Send the body as application/json.',
  },
  body_already_read: {
    code: 'body_already_read',
    kind: 'unavailable',
    cause: 'The app that Engine is mounted in read the body of the request before Engine did, so that nothing was left of it.',
    help: 'Mount Engine before what parses bodies, such as `express.json()`; nothing was changed.',
  },
  body_broke_off: {
    code: 'body_broke_off',
    kind: 'invalid',
    cause: 'The connection ended, or said something that is no HTTP, before all of the body was there.',
    help: 'Send it again; nothing was changed.',
  },
  unauthenticated: {
    code: 'unauthenticated',
    kind: 'unauthenticated',
    cause: 'The call brought no credential, or one that opens nothing: mistyped, expired or revoked.',
    help: 'Send a valid credential as `Authorization: Bearer …`.',
  },
  starting: {
    code: 'starting',
    kind: 'unavailable',
    cause: 'The server listens already, and its database is not open yet.',
    help: 'The server has just started and opens its database; try again in a moment.',
  },
  not_an_observer: {
    code: 'not_an_observer',
    kind: 'denied',
    cause: 'Figures of the whole installation are not for everybody who has a key.',
    help: 'Send the token that the server was given for its monitor (ENGINE_METRICS_TOKEN), or a key of somebody who has a role everywhere.',
  },
  rate_limited: {
    code: 'rate_limited',
    kind: 'limited',
    cause: 'More was asked than one caller, or one company at once, may ask of this process.',
    help: 'Wait as long as Retry-After says, or close what you have open.',
  },
  payload_too_large: {
    code: 'payload_too_large',
    kind: 'too_large',
    cause: 'The body or the file is larger than is taken.',
    help: 'Send less.',
  },
} as const satisfies Record<string, ErrorDefinition>

/** Every code that an answer can carry, once each, in the order of the alphabet; what core says of a code goes first. */
export function allErrors(registry: Registry): ErrorDefinition[] {
  const byCode = new Map<string, ErrorDefinition>()
  for (const error of [...Object.values(httpErrors), ...registry.errors]) byCode.set(error.code, error)
  return [...byCode.values()].toSorted((left, right) => (left.code < right.code ? -1 : 1))
}

/** Why it happens and what would work, in one line. */
export function aboutError({ cause, help }: ErrorDefinition): string {
  return cause === undefined ? help : `${cause} ${help}`
}
