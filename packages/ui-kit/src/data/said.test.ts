import { describe, expect, it } from 'vitest'

import { fieldWords, plainly, said } from './said.ts'

describe('what the server says', () => {
  it('names buttons and labels of the board instead of operations and fields', () => {
    expect(plainly('An operator can unblock it; then runs.retry starts it again.')).toBe(
      'An operator can unblock it; then “Run it again” starts it again.',
    )
    expect(plainly('Or lower maxCostMicrosPerRun of the agent.')).toBe('Or lower “A run costs at most” of the agent.')
  })

  it('leaves out what stands in brackets for callers alone', () => {
    const text = 'Set ENG-1 to todo (tasks.update). It waits for its question (interaction 01a208a9-45a4-737b-9996-0be58bc4b4aa), $1 (in all).'
    expect(plainly(text)).toBe('Set ENG-1 to todo. It waits for its question, $1 (in all).')
    expect(plainly('Set maxCostMicrosPerRun of Ada (micro-dollars): so much is held.')).toBe('Set “A run costs at most” of Ada: so much is held.')
  })

  it('says “you” to whoever may not do something', () => {
    for (const user of ['01a208c9-3bd6-72b5-a8ac-6013acec4e16', 'eve@shop.example']) {
      const refusal = `The user ${user} may not do this here (scope secrets:read). Allowed: people with the role admin or above.`
      expect(plainly(refusal)).toBe('You may not do this here. Allowed: people with the role admin or above.')
    }
    expect(plainly('The user bob may not log in.')).toBe('The user bob may not log in.')
  })

  it('gives moments apart, to be written in the reader’s own place', () => {
    expect(said('It begins anew at 2026-12-01T00:00:00.000Z; or before.')).toEqual([
      'It begins anew at ',
      { at: '2026-12-01T00:00:00.000Z' },
      '; or before.',
    ])
    expect(plainly('At 2026-12-01T00:00:00.000Z.')).not.toContain('000Z')
    expect(plainly('At 2026-13-45T99:99:99Z, it says.')).toBe('At 2026-13-45T99:99:99Z, it says.')
  })

  it('reads statuses and codes as words, and leaves names of others as they are', () => {
    expect(plainly('ENG-1 is in_review.')).toBe('ENG-1 is in review.')
    expect(plainly('task_blocked')).toBe('task blocked')
    const ofOthers = ['No module named my_pkg.', 'See runs.retry.example', 'my.runs.retry', 'a_runs.retry', 'https://a.example/runs.retry?b']
    for (const text of [...ofOthers, 'Call `tasks.update` first.', 'tasks.update({}) failed.']) expect(plainly(text)).toBe(text)
  })

  it('keeps the ids of others, which people may need', () => {
    const text = 'The payment (order 3f2a08a9-45a4-737b-9996-0be58bc4b4aa) is late.'
    expect(plainly(text)).toBe(text)
  })

  it('calls fields as their labels do, or by words, and what people named as they did', () => {
    const paths = ['maxCostMicrosPerRun', 'assigneeAgentId', 'task.blockedBy.0', 'config.env.MY_TOKEN', 'headers.X-Key']
    expect(paths.map(fieldWords)).toEqual(['A run costs at most', 'assignee agent', 'task blocked by 0', 'config env MY_TOKEN', 'headers X-Key'])
  })
})
