/** The headers of a request that a plugin is shown: what systems sign and number their requests with. */
export const webhookHeaders = [
  'authorization',
  'content-type',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'x-hub-signature-256',
  'x-github-event',
  'x-github-delivery',
  'x-gitlab-event',
  'x-gitlab-token',
  'stripe-signature',
  'x-slack-request-timestamp',
  'x-slack-signature',
  'x-signature',
  'x-webhook-id',
  'x-webhook-signature',
  'x-webhook-timestamp',
] as const

export const webhookBytes = 256 * 1024
