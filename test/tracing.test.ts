import * as telemetry from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { describe, expect, it, onTestFinished } from 'vitest'

import { localOperator } from '@engine/http'
import { createTestEngine, scriptedAdapter, scriptedDestination } from '@engine/testing'

import { callHandler } from './http-fixtures.ts'
import { until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const exporter = new InMemorySpanExporter()
telemetry.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))

/** W3C trace context, as the propagator of every SDK reads and writes it. */
telemetry.propagation.setGlobalPropagator({
  fields: () => ['traceparent'],
  inject(context, carrier, setter) {
    const span = telemetry.trace.getSpanContext(context)
    if (span) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`)
  },
  extract(context, carrier, getter) {
    const [, traceId = '', spanId = ''] = /^00-([\da-f]{32})-([\da-f]{16})-01$/.exec(String(getter.get(carrier, 'traceparent'))) ?? []
    return traceId === '' ? context : telemetry.trace.setSpanContext(context, { traceId, spanId, traceFlags: 1, isRemote: true })
  },
})

async function open() {
  exporter.reset()
  const adapter = scriptedAdapter({ metering: 'call' })
  const destination = scriptedDestination()
  const world = await createTestEngine({ storage: await newStorage(), adapter, destinations: [destination], telemetry })
  onTestFinished(() => world.engine.stop())
  return { ...world, adapter, destination, call: callHandler({ engine: world.engine, localActor: localOperator }) }
}

const parentOf = (span: ReadableSpan | undefined) => span?.parentSpanContext?.spanId
const named = (name: string) => exporter.getFinishedSpans().find((span) => span.name === name)
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe('the trace of a request', () => {
  it('goes on with the one that it came with: request, command, transaction', async () => {
    const { call, companyId } = await open()
    exporter.reset()
    await call('POST', `/api/companies/${companyId}/tasks`, { body: { title: 'Said in the body' }, headers: { traceparent } })
    const [request, command, transaction] = ['POST /api/companies/:companyId/tasks', 'tasks.create', 'transaction'].map(named)
    expect(request?.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(parentOf(request)).toBe('b7ad6b7169203331')
    expect(parentOf(command)).toBe(request?.spanContext().spanId)
    expect(parentOf(transaction)).toBe(command?.spanContext().spanId)
    expect(request?.kind).toBe(telemetry.SpanKind.SERVER)
    expect(request?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/api/companies/:companyId/tasks',
      'http.response.status_code': 201,
    })
    expect(command?.attributes).toMatchObject({ 'engine.operation': 'tasks.create', 'engine.actor.kind': 'user' })
  })

  it('says by its code what failed, and whether that was a defect', async () => {
    const { call, companyId } = await open()
    exporter.reset()
    await call('POST', `/api/companies/${companyId}/tasks`, { body: { nonsense: 1 } })
    expect(named('tasks.create')).toMatchObject({
      attributes: { 'error.type': 'invalid_input' },
      status: { code: telemetry.SpanStatusCode.ERROR },
    })
    expect(named('POST /api/companies/:companyId/tasks')?.status.code).toBe(telemetry.SpanStatusCode.UNSET)
  })

  it('begins anew where the request says none, or nonsense', async () => {
    const { call } = await open()
    exporter.reset()
    await call('GET', '/api/companies', { headers: { traceparent: 'nonsense' } })
    expect(parentOf(named('GET /api/companies'))).toBeUndefined()
  })
})

describe('the trace of a run', () => {
  it('has its calls of models and tools, in the words for generative AI, and is told to who goes on with it', async () => {
    const { engine, adapter, companyId, agentId } = await open()
    const started: unknown[] = []
    const { start } = adapter
    adapter.start = async (options) => {
      started.push(options.trace)
      return start(options)
    }
    adapter.script = async ({ meter, tools, context }) => {
      const hold = await meter.reserve({ provider: 'acme', model: 'large-1', inputTokens: 100, maxOutputTokens: 50 })
      await hold.settle({ inputTokens: 90, outputTokens: 40, model: 'large-1-2026' })
      const tool = tools.find(({ name }) => name === 'comments_create')
      await tool?.call({ body: 'Said by the model', taskId: context.task.id })
      return { kind: 'done' }
    }
    await engine.start()
    const { id: taskId } = await engine.tasks.create({ companyId, title: 'Said in the title', assigneeAgentId: agentId })
    await until(
      async () => (await engine.tasks.get({ taskId })).status,
      (status) => status === 'done',
    )
    await until(
      async () => named('invoke_agent'),
      (span) => span !== undefined,
    )
    const [run, chat, tool, comment] = ['invoke_agent', 'chat large-1', 'execute_tool comments_create', 'comments.create'].map(named)
    expect(run?.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.id': agentId,
      'engine.run.outcome': 'done',
    })
    expect([parentOf(chat), parentOf(tool)]).toEqual([run?.spanContext().spanId, run?.spanContext().spanId])
    expect(parentOf(comment)).toBe(tool?.spanContext().spanId)
    expect(chat?.kind).toBe(telemetry.SpanKind.CLIENT)
    expect(chat?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'acme',
      'gen_ai.request.model': 'large-1',
      'gen_ai.response.model': 'large-1-2026',
      'gen_ai.usage.input_tokens': 90,
      'gen_ai.usage.output_tokens': 40,
    })
    const { traceId, spanId } = run?.spanContext() ?? { traceId: '', spanId: '' }
    expect(started).toEqual([{ traceparent: `00-${traceId}-${spanId}-01` }])
    const written = JSON.stringify(
      exporter.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    )
    expect(written).not.toMatch(/Said (in|by)/)
  })

  it('is told to the receivers of deliveries, each try by itself', async () => {
    const { engine, destination, companyId } = await open()
    await engine.routes.create({ companyId, name: 'Out', destinationType: destination.type, events: ['task.created'] })
    await engine.start()
    await engine.tasks.create({ companyId, title: 'T' })
    const [sent] = await until(
      async () => destination.sent,
      (deliveries) => deliveries.length > 0,
    )
    const span = await until(
      async () => named('deliver'),
      (found) => found !== undefined,
    )
    expect(span?.attributes).toMatchObject({ 'engine.event.type': 'task.created', 'engine.delivery.result': 'delivered' })
    expect(sent?.trace).toEqual({
      traceparent: expect.stringContaining(span?.spanContext().spanId ?? 'none'),
    })
  })
})

describe('an engine without telemetry', () => {
  it('traces nothing, though an SDK is there', async () => {
    const { engine, companyId } = await createTestEngine({ storage: await newStorage() })
    onTestFinished(() => engine.stop())
    exporter.reset()
    await callHandler({ engine, localActor: localOperator })('GET', `/api/companies/${companyId}`, { headers: { traceparent } })
    expect(exporter.getFinishedSpans()).toEqual([])
  })
})
