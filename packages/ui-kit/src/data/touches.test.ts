import { describe, expect, it } from 'vitest'

import { touched, touches } from './touches.ts'

const one = '0198a000-0000-7000-8000-000000000001'
const other = '0198a000-0000-7000-8000-000000000002'
const claimed = { type: 'task.claimed', entity: { type: 'task', id: one }, data: { runId: other, agentId: other } }

describe('an event', () => {
  it('touches the task that it is about, every list that may hold it, and no other task', () => {
    expect(touched(claimed, { operation: 'tasks.get', input: { taskId: one } })).toBe(true)
    expect(touched(claimed, { operation: 'tasks.list', input: { companyId: other, status: 'todo' } })).toBe(true)
    expect(touched(claimed, { operation: 'tasks.get', input: { taskId: other } })).toBe(false)
  })

  it('knows a task that was asked for by its identifier from what was answered', () => {
    expect(touched(claimed, { operation: 'tasks.get', input: { taskId: 'ACM-1' }, answeredId: one })).toBe(true)
    expect(touched(claimed, { operation: 'tasks.get', input: { taskId: 'ACM-2' }, answeredId: other })).toBe(false)
    expect(touched(claimed, { operation: 'tasks.get', input: { taskId: 'ACM-2' } })).toBe(true)
  })

  it('touches by what it mentions too: a comment, the comments of its task', () => {
    const comment = { type: 'comment.created', entity: { type: 'comment', id: other }, data: { taskId: one } }
    expect(touched(comment, { operation: 'comments.list', input: { taskId: one } })).toBe(true)
    expect(touched(comment, { operation: 'comments.list', input: { taskId: other } })).toBe(false)
  })

  it('touches nothing that it can not change', () => {
    expect(touched(claimed, { operation: 'secrets.list', input: {} })).toBe(false)
  })

  it('of a cost or a run touches how budgets stand, and not whom they keep from starting', () => {
    for (const type of ['cost', 'run'] as const) {
      const event = { type: `${type}.recorded`, entity: { type, id: one }, data: {} }
      expect(touched(event, { operation: 'budgets.get', input: { budgetId: other } })).toBe(true)
      expect(touched(event, { operation: 'budgets.agentsWithoutCap', input: { budgetId: other } })).toBe(false)
    }
    for (const type of ['agent', 'budget'] as const) {
      const event = { type: `${type}.updated`, entity: { type, id: one }, data: {} }
      expect(touched(event, { operation: 'budgets.agentsWithoutCap', input: { budgetId: one } })).toBe(true)
    }
  })

  it('of a task touches whom its budget keeps from starting, when somebody else has it', () => {
    const assigned = { type: 'task.assigned', entity: { type: 'task', id: one }, data: { agentId: other } }
    expect(touched(assigned, { operation: 'budgets.agentsWithoutCap', input: { budgetId: other } })).toBe(true)
    expect(touched(assigned, { operation: 'tasks.get', input: { taskId: one } })).toBe(true)
    expect(touched(claimed, { operation: 'budgets.agentsWithoutCap', input: { budgetId: other } })).toBe(false)
  })

  it('of a kind that nobody here knows still shows in the log', () => {
    const foreign = { type: 'note.added', entity: { type: 'note', id: one }, data: {} }
    expect(touched(foreign, { operation: 'events.company', input: {} })).toBe(true)
    expect(touched(foreign, { operation: 'tasks.list', input: {} })).toBe(false)
  })

  it('names each kind once, and operations that a person can ask for', () => {
    for (const patterns of Object.values(touches)) expect(new Set(patterns).size).toBe(patterns.length)
  })
})
