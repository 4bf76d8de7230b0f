// The complete public surface of @engine/outbound.
export { createOutbound } from './outbound.ts'
export type { Outbound, OutboundOptions, OutboundRequest, OutboundResponse, OutboundStream } from './outbound.ts'
export { OutboundError } from './errors.ts'
export type { OutboundErrorCode } from './errors.ts'
export { credentialHeaders } from './credential-headers.ts'
export { retryAfterMs } from './retry-after.ts'
