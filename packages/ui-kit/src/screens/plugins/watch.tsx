import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { count } from '../../parts/format.ts'
import { More } from '../../parts/more.tsx'
import { Card } from '../../parts/screen.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'

/** How far a plugin is with what happens; one that could not take an event waits for somebody here. */
export function Subscriptions({ pluginId }: { pluginId: string }) {
  const { data, retry } = useOperation('plugins.subscriptions', { pluginId })
  const tell = useTell()
  const replay = useCommand('plugins.replay', {
    onFailed: tell.failed,
    onDone() {
      tell.done('It goes on')
      retry()
    },
  })
  if (!data || data.items.length === 0) return null
  return (
    <Card title="Is told of">
      <ul className="eng-lines">
        {data.items.map(({ subscription, status, afterSeq, reason }) => (
          <li key={subscription} className="eng-row eng-row-wrap eng-line">
            <Status of={status === 'live' ? 'active' : status} />
            <span className="eng-grow">
              {subscription} <span className="eng-soft">to event {count(afterSeq)}</span>
              {reason !== null && <span className="eng-bad"> {reason}</span>}
            </span>
            {status === 'parked' && (
              <>
                <Button does="plugins.replay" disabled={replay.isRunning} onClick={() => replay.run({ pluginId, subscription })}>
                  Try again
                </Button>
                <Button
                  does="plugins.replay"
                  disabled={replay.isRunning}
                  onClick={() => replay.run({ pluginId, subscription, skips: true })}
                >
                  Leave it out
                </Button>
              </>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** What a plugin says, the newest first; nothing tells when there is more, so it is asked for. */
export function Logs({ pluginId }: { pluginId: string }) {
  const list = useList('plugins.logs', { pluginId })
  const { items, isRead, retry } = list
  const again = (
    <Button look="plain" onClick={retry}>
      Read again
    </Button>
  )
  return (
    <Card title="Log" aside={again}>
      {items.length === 0 ? (
        isRead && <p className="eng-card-body eng-soft">It has said nothing.</p>
      ) : (
        <ul className="eng-lines">
          {items.map(({ id, level, message, data, at }) => (
            <li key={id} className="eng-row eng-row-wrap eng-line">
              <span className={level === 'error' ? 'eng-bad' : 'eng-soft'}>{level}</span>
              <span className="eng-grow">
                {message} {data !== null && <code className="eng-soft eng-mono">{JSON.stringify(data)}</code>}
              </span>
              <Time at={at} />
            </li>
          ))}
        </ul>
      )}
      <More of={list} className="eng-card-body">
        Earlier
      </More>
    </Card>
  )
}
