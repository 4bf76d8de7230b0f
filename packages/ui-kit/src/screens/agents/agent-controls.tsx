import type { Agent } from '@engine/core/contract'

import { useCommand } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { StartNow } from './start-now.tsx'

export function AgentControls({ agent }: { agent: Agent }) {
  const tell = useTell()
  const pause = useCommand('agents.pause', { onFailed: tell.failed, onDone: ({ name }) => tell.done(`${name} is paused`) })
  const resume = useCommand('agents.resume', { onFailed: tell.failed, onDone: ({ name }) => tell.done(`${name} may work again`) })
  if (agent.status === 'paused' || agent.status === 'error')
    return (
      <Button does="agents.resume" disabled={resume.isRunning} onClick={() => resume.run({ agentId: agent.id })}>
        Resume
      </Button>
    )
  if (agent.status !== 'idle' && agent.status !== 'running') return null
  return (
    <>
      {isStartable(agent) && <StartNow agent={agent} />}
      <Button does="agents.pause" disabled={pause.isRunning} onClick={() => pause.run({ agentId: agent.id })}>
        Pause
      </Button>
    </>
  )
}

/** People and agents that take their work by their key come for it. */
function isStartable({ executionMode, adapterType }: Agent): boolean {
  return executionMode !== 'human' && adapterType !== 'external'
}
