import type { Delivery } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Card } from '../../parts/screen.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Table } from '../../parts/table.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'

/** Where what happened was sent, and whether it arrived. */
export function Deliveries({ entityIds }: { entityIds: readonly string[] }) {
  return (
    <div className="eng-stack">
      {entityIds.map((id, at) => (
        <Of key={id} entityId={id} isFirst={at === 0} isOnly={entityIds.length === 1} />
      ))}
    </div>
  )
}

function Of({ entityId, isFirst, isOnly }: { entityId: string; isFirst: boolean; isOnly: boolean }) {
  const { companyId } = useEngine()
  const { items, isRead } = useList('deliveries.list', { companyId, entityId })
  if (items.length === 0)
    return isRead && isFirst && isOnly ? (
      <Empty title="Nothing was sent out">
        A route sends events to a webhook, a folder, a mailbox or a channel; what it sent of this task stands here.
      </Empty>
    ) : null
  return (
    <Card title={isFirst ? 'About the task' : 'About a deliverable'}>
      <Table
        label="Deliveries"
        columns={['Event', 'State', { title: 'Tries', isNumber: true }, 'When', { title: 'Again', isHidden: true }]}
      >
        {items.map((delivery) => (
          <Row key={delivery.id} delivery={delivery} />
        ))}
      </Table>
    </Card>
  )
}

function Row({ delivery }: { delivery: Delivery }) {
  const tell = useTell()
  const replay = useCommand('deliveries.replay', { onFailed: tell.failed, onDone: () => tell.done('It is sent again') })
  return (
    <tr>
      <td className="eng-mono">{delivery.eventType}</td>
      <td title={delivery.reason ?? undefined}>
        <Status of={delivery.status} /> {delivery.responseStatus}
      </td>
      <td data-number>{delivery.attempts}</td>
      <td>
        <Time at={delivery.endedAt ?? delivery.createdAt} />
      </td>
      <td>
        {delivery.status === 'parked' && (
          <Button does="deliveries.replay" disabled={replay.isRunning} onClick={() => replay.run({ deliveryId: delivery.id })}>
            Send again
          </Button>
        )}
      </td>
    </tr>
  )
}
