import { defineMachine } from '../kernel/machine.ts'

/**
 * `running` is never stored: an idle agent with a live lease is shown as running. Its moves stand here because callers
 * see them; `claim` and `settle` are the acts that make the difference.
 */
export const agentMachine = defineMachine('agent', {
  pending_approval: { idle: ['approve'], terminated: ['terminate'] },
  idle: { running: ['claim'], paused: ['pause'], error: ['settle'], terminated: ['terminate'] },
  running: { idle: ['settle'], error: ['settle'], paused: ['pause'], terminated: ['terminate'] },
  error: { idle: ['resume', 'update'], paused: ['pause'], terminated: ['terminate'] },
  paused: { idle: ['resume'], terminated: ['terminate'] },
  terminated: {},
})
