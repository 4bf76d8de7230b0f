import type { ErrorDefinition, Registry } from '@engine/core'

/** Failures that only exist on the wire, and what the wire says in the words of core. */
export const httpErrors = {
  invalid_input: { code: 'invalid_input', kind: 'invalid', help: 'Correct what the message names; nothing was changed.' },
  malformed_json: { code: 'malformed_json', kind: 'invalid', help: 'Send one JSON object in UTF-8.' },
  unknown_route: { code: 'unknown_route', kind: 'missing', help: 'See /api/docs for the routes.' },
  untrusted_origin: {
    code: 'untrusted_origin',
    kind: 'denied',
    help: 'This server answers only requests that name it and come from its own pages.',
  },
  csrf_token: { code: 'csrf_token', kind: 'denied', help: 'Send the `csrfToken` of GET /api/session as the header x-csrf-token.' },
  unsupported_media_type: { code: 'unsupported_media_type', kind: 'invalid', help: 'Send the body as application/json.' },
  unauthenticated: { code: 'unauthenticated', kind: 'unauthenticated', help: 'Send a valid credential as `Authorization: Bearer …`.' },
  starting: { code: 'starting', kind: 'unavailable', help: 'The server has just started and opens its database; try again in a moment.' },
  not_an_observer: {
    code: 'not_an_observer',
    kind: 'denied',
    help: 'Send the token that the server was given for its monitor (ENGINE_METRICS_TOKEN), or a key of somebody who has a role everywhere.',
  },
  rate_limited: { code: 'rate_limited', kind: 'limited', help: 'Wait as long as Retry-After says, or close what you have open.' },
  payload_too_large: { code: 'payload_too_large', kind: 'too_large', help: 'Send less.' },
} as const satisfies Record<string, ErrorDefinition>

/** Every code that an answer can carry, once each, in the order of the alphabet; what core says of a code goes first. */
export function allErrors(registry: Registry): ErrorDefinition[] {
  const byCode = new Map<string, ErrorDefinition>()
  for (const error of [...Object.values(httpErrors), ...registry.errors]) byCode.set(error.code, error)
  return [...byCode.values()].toSorted((left, right) => (left.code < right.code ? -1 : 1))
}
