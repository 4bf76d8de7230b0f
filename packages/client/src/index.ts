// The complete public surface of @engine/client. What is not here is private.
export { createClient } from './client.ts'
export type { ClientOptions } from './client.ts'
export type { Client, Download, RequestOptions, StreamOptions } from './api.ts'
export { EngineError } from './errors.ts'
