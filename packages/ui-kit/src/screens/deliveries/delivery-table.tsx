import type { Delivery } from '@engine/core/contract'

import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { Table } from '../../parts/table.tsx'

/** What was sent, and whether it arrived. */
export function DeliveryTable({ deliveries }: { deliveries: readonly Delivery[] }) {
  return (
    <Table label="Sent lately" columns={['State', 'Event', { title: 'Tries', isNumber: true }, 'When']}>
      {deliveries.map((delivery) => (
        <tr key={delivery.id}>
          <td title={delivery.reason ?? undefined}>
            <Status of={delivery.status} />
          </td>
          <td className="eng-mono">{delivery.eventType}</td>
          <td data-number>{delivery.attempts}</td>
          <td>
            <Time at={delivery.endedAt ?? delivery.createdAt} />
          </td>
        </tr>
      ))}
    </Table>
  )
}
