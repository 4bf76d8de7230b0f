import { z } from 'zod'

import { address } from '../remote/address.ts'
import { templateProblem } from './key.ts'

const shared = {
  path: z
    .string()
    .min(1)
    .max(500)
    .superRefine((path, context) => {
      const message = templateProblem(path)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
    .default('{{event.type}}/{{deliveryId}}')
    .describe(
      'Where the objects of a delivery lie, with {{paths}} such as {{event.data.taskId}}; what a value says becomes part of one name.',
    ),
  includes: z.enum(['all', 'body', 'files']).default('all').describe('What is kept: what the route sends, the files, or both.'),
}

/** A host can have dots and a port; a path would be a bucket's. */
const Endpoint = address().refine((url) => new URL(url).pathname === '/', 'an origin, without a path')

/** Where results are kept. */
export const StorageConfig = z.discriminatedUnion('provider', [
  z.strictObject({
    provider: z.literal('s3'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a name of a bucket'),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,50}$/)
      .default('us-east-1'),
    endpoint: Endpoint.optional().describe('Of MinIO, Backblaze and others, asked path-style; AWS without it.'),
    accessKeyId: z.string().min(1).max(500),
    secretAccessKey: z.string().min(1).max(500),
    sessionToken: z.string().min(1).max(4_096).optional(),
    timeoutSec: z.number().min(1).max(600).default(60).describe('For one object.'),
    ...shared,
  }),
  z.strictObject({ provider: z.literal('folder'), ...shared }),
])
export type StorageConfig = z.infer<typeof StorageConfig>
export type S3Config = Extract<StorageConfig, { provider: 's3' }>
