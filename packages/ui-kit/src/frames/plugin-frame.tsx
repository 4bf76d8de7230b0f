import { useRef, useState } from 'react'

import type { PluginSlot } from '@engine/core/contract'

import { Button } from '../parts/button.tsx'
import { useHost } from '../parts/host.tsx'
import { useFrame, type Beside, type FrameState } from './use-frame.ts'

interface PluginFrameProps {
  /** As `plugins.slots` has it. */
  readonly slot: PluginSlot
  /** The task that it stands beside. */
  readonly taskId?: string
  readonly agentId?: string
  /** As high as its place, instead of as what it shows. */
  readonly isFilling?: boolean
  /** Looks for its page anew, which is at another address when the plugin is another version. */
  onRetry?(): void
}

/**
 * The page of a plugin, in a frame with an origin that is nobody's: it reads no cookie, no storage and nothing of the page around it,
 * leads nowhere, and has no way to the API but to ask for its own operations, which are carried out as who looks at it.
 */
export function PluginFrame({ slot, taskId, agentId, isFilling = false, onRetry }: PluginFrameProps) {
  const [turn, setTurn] = useState(0)
  const again = () => {
    onRetry?.()
    setTurn((now) => now + 1)
  }
  const beside = { taskId: taskId ?? null, agentId: agentId ?? null }
  return <Turn key={`${turn} ${slot.path} ${taskId} ${agentId}`} slot={slot} beside={beside} isFilling={isFilling} onAgain={again} />
}

interface TurnProps {
  readonly slot: PluginSlot
  readonly beside: Beside
  readonly isFilling: boolean
  onAgain(): void
}

function Turn({ slot, beside, isFilling, onAgain }: TurnProps) {
  const { url } = useHost()
  const frame = useRef<HTMLIFrameElement>(null)
  const [height, setHeight] = useState<number | null>(null)
  const { state, onLoad } = useFrame(frame, { slot, beside, onHeight: setHeight })
  const said = problems[state]
  return (
    <>
      {said !== undefined && (
        <div className="eng-card-body">
          <div className="eng-notice" data-tone="warn" role="status">
            <p className="eng-strong">
              {slot.title}: {said.title}
            </p>
            <p>{said.message}</p>
            <div>
              <Button onClick={onAgain}>Try again</Button>
            </div>
          </div>
        </div>
      )}
      {(said === undefined || state === 'silent') && (
        <iframe
          ref={frame}
          className="eng-frame"
          title={slot.title}
          src={`${url ?? ''}/${slot.path}`}
          sandbox="allow-scripts"
          allow=""
          referrerPolicy="no-referrer"
          data-state={state}
          data-fills={isFilling}
          style={isFilling || height === null ? undefined : { blockSize: height }}
          onLoad={onLoad}
        />
      )}
    </>
  )
}

/** What is said in place of a page that is not there. */
const problems: Partial<Record<FrameState, { readonly title: string; readonly message: string }>> = {
  silent: { title: 'no answer yet', message: 'Its page has not said that it is ready. It may be slow, or have failed.' },
  foreign: {
    title: 'another version',
    message: 'Its page was made for another version of Engine. Use the version of the plugin for this one.',
  },
  flooding: { title: 'stopped', message: 'Its page asked far too much at once, and was taken off.' },
  left: { title: 'stopped', message: 'Its page led to somewhere else, and was taken off.' },
}
