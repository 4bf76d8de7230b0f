import type { Task } from '@engine/core/contract'

import { useRuns } from '../../data/hooks.ts'
import { words } from '../../data/said.ts'
import { useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { withArticle } from '../../parts/format.ts'
import { Said } from '../../parts/said.tsx'
import { Card } from '../../parts/screen.tsx'
import { Who } from '../../parts/who.tsx'
import { ApprovalPanel } from '../inbox/approval-panel.tsx'
import { canGoOn, RunAgain } from '../run/next-step.tsx'
import { useMove } from '../tasks/use-move.ts'

interface BlockedProps {
  readonly task: Task
  readonly blocked: NonNullable<Task['blocked']>
  /** Whether a question waits below: its answer lets the task go on. */
  readonly isAsked: boolean
}

/** Why a task does not go on, who can change that, and how. */
export function Blocked({ task, blocked: { reason, owner }, isAsked }: BlockedProps) {
  const { items: runs, isLoading: isReadingRuns } = useRuns({ taskId: task.id })
  const approvalId = owner !== null && isId(owner) ? owner : null
  const { data: approval, isLoading: isReadingApproval } = useOperation('approvals.get', approvalId === null ? null : { approvalId })
  const move = useMove()
  const run = runs.at(-1)
  // Until it is known what the task waits for, it may be, and nothing is there to be pressed by mistake.
  const isDecidedBelow = isAsked || isReadingRuns || isReadingApproval || approval?.status === 'pending'
  return (
    <>
      <div className="eng-notice">
        <p className="eng-strong">Blocked</p>
        <p>
          <Said text={reason} />
        </p>
        {owner !== null && !approval && <Unblocks owner={owner} />}
        {approval && approval.status !== 'pending' && (
          <p className="eng-soft">The approval that it waited for is {words(approval.status)}.</p>
        )}
        {!isDecidedBelow && (
          <div>
            {run && canGoOn(run) ? (
              <RunAgain runId={run.id} />
            ) : (
              <Button does="tasks.update" onClick={() => move(task, 'todo')}>
                Unblock it
              </Button>
            )}
          </div>
        )}
      </div>
      {approval?.status === 'pending' && (
        <Card title="It waits for this approval">
          <ApprovalPanel approvalId={approval.id} />
        </Card>
      )}
    </>
  )
}

const roles: ReadonlySet<string> = new Set(['viewer', 'reviewer', 'operator', 'admin', 'owner'])

function Unblocks({ owner }: { owner: string }) {
  return (
    <div className="eng-soft eng-row">
      {isId(owner) ? (
        <>
          <Who kind="user" id={owner} />
          <span>can unblock it.</span>
        </>
      ) : (
        <span>{inWords(owner)} can unblock it.</span>
      )}
    </div>
  )
}

/** A role is somebody who has it; whoever blocked the task may have named anybody else. */
function inWords(owner: string): string {
  if (owner === 'anyone') return 'Anyone'
  return roles.has(owner) ? withArticle(owner).replace('a', 'A') : owner
}

function isId(owner: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(owner)
}
