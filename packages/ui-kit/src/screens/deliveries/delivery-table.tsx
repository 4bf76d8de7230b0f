import type { Delivery } from '@engine/core/contract'

import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'

/** What was sent, and whether it arrived. */
export function DeliveryTable({ deliveries }: { deliveries: readonly Delivery[] }) {
  return (
    <div className="eng-scroll" role="region" aria-label="Sent lately" tabIndex={0}>
      <table className="eng-table">
        <thead>
          <tr>
            <th>State</th>
            <th>Event</th>
            <th data-number>Tries</th>
            <th>When</th>
          </tr>
        </thead>
        <tbody>
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
        </tbody>
      </table>
    </div>
  )
}
