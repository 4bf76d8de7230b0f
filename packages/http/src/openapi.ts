import { z } from 'zod'
import {
  createDocument,
  type oas31,
  type ZodOpenApiMediaTypeObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiRequestBodyObject,
} from 'zod-openapi'

import type { Operation, Registry } from '@engine/core'

import { givesTag, preconditionFailed, takesMatch } from './conditional.ts'
import { givesContent, takesContent } from './content.ts'
import { aboutError, allErrors } from './errors.ts'
import { statusOfKind } from './problem.ts'
import { takesRequest } from './received.ts'
import { streamed } from './streamed.ts'
import { successStatuses } from './success.ts'

const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string().describe('A stable word; all of them are listed in the document’s description.'),
    detail: z.string().describe('What happened, who holds it, what would work.'),
    requestId: z.string(),
  })
  .catchall(z.unknown())
  .meta({ id: 'Problem' })

/** The OpenAPI 3.1 document of every operation that has a route. */
export function openApiDocument(registry: Registry): object {
  const paths: ZodOpenApiPathsObject = {}
  for (const operation of registry.operations) {
    if (!operation.definition.http) continue
    const [method, path] = operation.definition.http
    const key = `/api${path.replaceAll(/:(\w+)/g, '{$1}')}`
    paths[key] = { ...paths[key], [method.toLowerCase()]: describeOperation(operation) }
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Engine',
      version: '0',
      description: `Every error is a problem document with a stable code; its \`type\` leads to what is behind it.\n\n${errorList(registry)}`,
    },
    servers: [{ url: '/' }],
    components: { securitySchemes: { credential, session } },
    // Without a credential a server on loopback answers as the person at the machine.
    security: [{ credential: [] }, { session: [] }, {}],
    paths,
  })
}

function errorList(registry: Registry): string {
  return allErrors(registry)
    .map((error) => `- \`${error.code}\` (${statusOfKind[error.kind]}): ${aboutError(error)}`)
    .join('\n')
}

function describeOperation(operation: Operation): ZodOpenApiOperationObject {
  const { name, module, definition } = operation
  const [method, path] = definition.http ?? ['GET', '/']
  const inPath = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '')
  const shape = definition.input.shape
  const isUpload = takesContent(operation)
  const received = takesRequest(operation)
  const besides = isUpload ? saidByTheFile : received ? saidByTheRequest : []
  const rest = Object.keys(shape).filter((field) => !inPath.includes(field) && !besides.includes(field))
  const isInQuery = method === 'GET' || isUpload
  return {
    operationId: name,
    tags: [module],
    summary: definition.title,
    // The request itself holds the credential.
    ...(definition.access.carriesCredential && { security: [{}] }),
    ...(definition.description !== undefined && { description: definition.description }),
    requestParams: {
      ...(inPath.length > 0 && { path: pick(shape, inPath) }),
      ...(isInQuery && rest.length > 0 && { query: pick(shape, rest) }),
      header: headersFor(operation),
    },
    ...(!isInQuery && rest.length > 0 && { requestBody: describeBody(pick(shape, rest)) }),
    ...(isUpload && { requestBody: file }),
    ...(received && { requestBody: whole }),
    responses: {
      ...Object.fromEntries(successStatuses(operation).map((status) => [status, describeSuccess(operation)])),
      ...(givesTag(operation) && { '304': { description: 'Still as If-None-Match says.' } }),
      ...(takesMatch(operation) !== null && { [preconditionFailed]: { description: 'Not as If-Match says any more.', ...problems } }),
      default: { description: 'A problem.', ...problems },
    },
  }
}

const problems = { content: { 'application/problem+json': { schema: Problem } } }

function describeSuccess(operation: Operation) {
  const content = givesContent(operation) ? bytes : describeAnswer(operation)
  return { description: 'Done.', content, ...(givesTag(operation) && { headers: tagHeader }) }
}

function headersFor(operation: Operation): z.ZodObject {
  const received = takesRequest(operation)
  if (received) return headersOf(received.headers)
  return z.object({
    ...(operation.definition.http?.[0] === 'POST' && idempotencyHeader.shape),
    ...(streamed[operation.name] && resumeHeader.shape),
    ...(givesTag(operation) && knownHeader.shape),
    ...(takesMatch(operation) !== null && matchHeader.shape),
  })
}

/** What a delivery says by its body and its headers. */
const saidByTheRequest = ['body', 'headers']

const whole: ZodOpenApiRequestBodyObject = {
  required: true,
  description: 'As its sender writes it, of whatever type.',
  content: { '*/*': { schema: { type: 'string' } } },
}

function headersOf(names: readonly string[]): z.ZodObject {
  return z.object(Object.fromEntries(names.map((name) => [name, z.string().optional()])))
}

function describeAnswer({ name, definition }: Operation) {
  return {
    'application/json': { schema: definition.output },
    ...(streamed[name] && { 'text/event-stream': describeStream(streamed[name].frames) }),
  }
}

/** What an upload says by its body and its Content-Type. */
const saidByTheFile = ['content', 'contentType']

const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } as const

const file: ZodOpenApiRequestBodyObject = {
  required: true,
  description: 'The file itself, as it is: no form, no JSON around it. Send the type that it has as Content-Type; any is taken.',
  content: bytes,
}

function describeBody(schema: z.ZodObject): ZodOpenApiRequestBodyObject {
  return { required: !schema.safeParse({}).success, content: { 'application/json': { schema } } }
}

const credential: oas31.SecuritySchemeObject = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A key of a person (`eng_user_…`) or of an agent (`eng_agent_…`), each for one company, or the `credential` of a checkout (`eng_run_…`), valid while its run holds the task.',
}

const session: oas31.SecuritySchemeObject = {
  type: 'apiKey',
  in: 'cookie',
  name: '__Host-engine_session',
  description:
    'What a browser keeps of a login. Requests that change something carry the `csrfToken` of `GET /api/session` as `x-csrf-token` beside it.',
}

function describeStream(frames: string): ZodOpenApiMediaTypeObject {
  return { schema: z.string().describe(`Server-sent events: ${frames}`) }
}

const resumeHeader = z.object({
  'Last-Event-ID': z.string().optional().describe('For text/event-stream: the `id` after which the stream begins.'),
})

const tagHeader = z.object({
  ETag: z.string().describe('The version, and a digest of the whole answer: `"7-q3…"`. Send it as If-Match, or as If-None-Match.'),
})

const knownHeader = z.object({
  'If-None-Match': z.string().optional().describe('The ETag of the answer that you have; 304 when it is still the same.'),
})

const matchHeader = z.object({
  'If-Match': z
    .string()
    .optional()
    .describe('The ETag that you have read, or its version alone, `"7"`: the same as the field of the version, answered with 412.'),
})

const idempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .max(255)
    .optional()
    .describe('The same key with the same request has one effect and one answer, for 24 hours.'),
})

function pick(shape: z.ZodRawShape, fields: readonly string[]): z.ZodObject {
  return z.strictObject(Object.fromEntries(Object.entries(shape).filter(([field]) => fields.includes(field))))
}
