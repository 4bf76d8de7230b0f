import { z } from 'zod'

/** How a gateway of OpenClaw is asked. Operators write it; nothing in it comes from an agent or a task. */
export const OpenClawConfig = z.strictObject({
  url: z
    .url({ protocol: /^wss?$/ })
    .max(2_000)
    .describe('The WebSocket of the gateway, such as wss://gateway.example; wss: unless the host allows this target.'),
  token: z.string().min(1).max(8_192).optional().describe('The token of the gateway, or of this device; a reference to a secret.'),
  password: z.string().min(1).max(8_192).optional().describe('For a gateway that is guarded by a password; a reference to a secret.'),
  deviceKey: z
    .string()
    .max(8_192)
    .optional()
    .describe('A private Ed25519 key as PEM by which the gateway knows this device; a reference to a secret. None is needed on loopback.'),
  agentId: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, - and _')
    .optional()
    .describe('Which agent of the gateway works; its own default when left out.'),
  timeoutSec: z.number().min(1).max(86_400).default(3_600).describe('For the whole run.'),
  requestTimeoutSec: z.number().min(1).max(600).default(30).describe('For the handshake, and for one request and its answer.'),
  onResult: z
    .enum(['deliverable', 'done'])
    .default('deliverable')
    .describe('What becomes of the result: a deliverable that waits for its review, or the summary of work that is done.'),
})
export type OpenClawConfig = z.infer<typeof OpenClawConfig>
