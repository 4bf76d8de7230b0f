import type { Requirement } from './requirement.ts'

/** Routes, destinations and deliveries. */
export const delivery: readonly Requirement[] = [
  {
    id: 'routes.create',
    source: 'feature list: Delivery Routes',
    behaviour: 'A route sends events to a destination by its conditions.',
    later: 'delivery',
  },
  {
    id: 'routes.secrets',
    source: 'feature list: Delivery Routes',
    behaviour: 'What a route keeps secret is never shown.',
    later: 'delivery',
  },
  {
    id: 'routes.test',
    source: 'API list: route test',
    behaviour: 'A route is tested with its real secret and signature.',
    later: 'delivery',
  },
  {
    id: 'routes.events',
    source: 'DOMAIN §6',
    behaviour: 'Every event can be subscribed to, single or bulk.',
    later: 'delivery',
  },
  {
    id: 'destinations.webhook',
    source: 'feature list: Outbound Webhooks',
    behaviour: 'A webhook is signed and retried.',
    later: 'delivery',
  },
  {
    id: 'destinations.storage',
    source: 'feature list: S3 Storage Routes',
    behaviour: 'Content and files go to a bucket.',
    later: 'delivery',
  },
  {
    id: 'destinations.email',
    source: 'feature list: Email Notifications',
    behaviour: 'Mail goes out by SMTP and by four providers.',
    later: 'delivery',
  },
  {
    id: 'destinations.slack',
    source: 'DOMAIN §1',
    behaviour: 'Messages go to Slack.',
    later: 'delivery',
  },
  {
    id: 'destinations.safe',
    source: 'security list §16',
    behaviour: 'No address that a user sets leads into the private network.',
    later: 'delivery',
  },
  {
    id: 'deliveries.log',
    source: 'API list: delivery log',
    behaviour: 'Every attempt of a delivery is shown, and can be replayed.',
    later: 'delivery',
  },
  {
    id: 'deliveries.outbox',
    source: 'DOMAIN §3',
    behaviour: 'A delivery is written with the event that it sends, and sent at least once.',
    later: 'delivery',
  },
]
