import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { createLogger, type LogConfig } from './logger.ts'

function logged(config: LogConfig, message: string, fields: Record<string, unknown> = {}): string {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => write.mockRestore())
  createLogger(config).error(message, fields)
  return write.mock.calls.map(([text]) => String(text)).join('')
}

const evil = { note: 'one\ntwo\u2028three"\u0007', level: 'debug', message: 'forged', at: 'never' }

describe('a line of the log', () => {
  it('is one line of JSON, which nothing in it takes apart or takes the place of', () => {
    const line = logged({ format: 'json', level: 'info' }, 'it\nfailed', evil)
    expect(line.split('\n')).toHaveLength(2)
    expect(JSON.parse(line)).toEqual({ at: expect.stringMatching(/^\d{4}-/), level: 'error', message: 'it\nfailed', note: evil.note })
  })

  it('is one line of text, for people', () => {
    const line = logged({ format: 'text', level: 'info' }, 'it\nfailed', { requestId: 'a-1', note: 'one\ntwo', count: 3 })
    expect(line).toMatch(/^\S+Z ERROR it failed requestId=a-1 note="one\\ntwo" count=3\n$/)
  })

  it('is left out below the level that was asked for', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    onTestFinished(() => write.mockRestore())
    const logger = createLogger({ format: 'json', level: 'warn' })
    logger.debug('a')
    logger.info('b')
    logger.warn('c')
    expect(write).toHaveBeenCalledTimes(1)
  })
})
