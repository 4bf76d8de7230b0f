import type { Agent } from '@engine/core/contract'

import { Dialog } from '../../parts/dialog.tsx'
import { AgentForm } from './agent-form.tsx'

interface AgentDialogProps {
  /** Who is changed; null for somebody new. */
  readonly agent: Agent | null
  readonly isOpen: boolean
  onClose(): void
  onDone?(agent: Agent): void
}

/** Hires an agent, or changes what one is and how it is run. */
export function AgentDialog({ agent, isOpen, onClose, onDone }: AgentDialogProps) {
  return (
    <Dialog title={agent ? `Change ${agent.name}` : 'Hire an agent'} isOpen={isOpen} onClose={onClose}>
      <AgentForm
        agent={agent}
        onDone={(next) => {
          onClose()
          onDone?.(next)
        }}
      />
    </Dialog>
  )
}
