export { webhookDestination } from './destination.ts'
export { WebhookConfig } from './config.ts'
export { createWebhookSecret, verify, WebhookError } from './signature.ts'
export type { VerifyOptions, WebhookErrorCode } from './signature.ts'
