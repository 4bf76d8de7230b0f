import type { Requirement } from './requirement.ts'

/** Routes, destinations and deliveries. */
export const delivery: readonly Requirement[] = [
  {
    id: 'routes.create',
    source: 'feature list: Delivery Routes',
    behaviour: 'A route sends events to a destination by its conditions.',
    verifiedBy: { file: 'test/routes.test.ts', test: 'takes only what meets its conditions' },
    operations: ['routes.create', 'routes.list', 'routes.delete'],
    events: ['route.created', 'route.deleted'],
  },
  {
    id: 'routes.secrets',
    source: 'feature list: Delivery Routes',
    behaviour: 'What a route keeps secret is never shown.',
    verifiedBy: { file: 'test/routes.test.ts', test: 'opens its secrets to send and to be tried, and shows them nowhere' },
    operations: ['routes.get'],
  },
  {
    id: 'routes.test',
    source: 'API list: route test',
    behaviour: 'A route is tested with its real secret and signature.',
    verifiedBy: { file: 'test/routes.test.ts', test: 'opens its secrets to send and to be tried, and shows them nowhere' },
    operations: ['routes.test'],
    events: ['route.tested'],
  },
  {
    id: 'routes.events',
    source: 'DOMAIN §6',
    behaviour: 'Every event can be subscribed to, single or bulk.',
    verifiedBy: {
      file: 'test/acceptance-events.test.ts',
      test: 'each event of each type leaves one delivery for the route that listens to it',
    },
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
    verifiedBy: { file: 'test/routes.test.ts', test: 'tries again as often as it says, and parks what is refused' },
    operations: ['deliveries.get', 'deliveries.list', 'deliveries.replay', 'routes.replay'],
    events: ['delivery.delivered', 'delivery.parked', 'delivery.replayed'],
  },
  {
    id: 'deliveries.outbox',
    source: 'DOMAIN §3',
    behaviour: 'A delivery is written with the event that it sends, and sent at least once.',
    verifiedBy: {
      file: 'test/routes-kill.test.ts',
      test: 'arrives, in order, though its receiver is hostile and whoever sends it is killed',
    },
    operations: ['deliveries.claim', 'deliveries.settle'],
  },
  {
    id: 'routes.unchanged',
    source: 'DOMAIN §3',
    behaviour: 'A route that is written back as it was read stays as it is.',
    verifiedBy: { file: 'test/routes.test.ts', test: 'stays as it is when what was read is written back' },
    operations: ['routes.update'],
    events: ['route.updated'],
  },
  {
    id: 'routes.stopped',
    source: 'DOMAIN §3',
    behaviour: 'A route that is disabled holds what waits; one that is deleted cancels it.',
    verifiedBy: { file: 'test/routes.test.ts', test: 'holds what waits while it is disabled' },
    operations: ['routes.enable', 'routes.disable'],
    events: ['route.enabled', 'route.disabled'],
  },
  {
    id: 'routes.shape',
    source: 'DOMAIN §3',
    behaviour: 'A mapping is merged into what is sent, a template makes a text of it, and a value that is missing parks the delivery.',
    verifiedBy: { file: 'test/routes.test.ts', test: 'sends what its mapping and its template make of an event' },
  },
  {
    id: 'routes.echo',
    source: 'DOMAIN §6',
    behaviour: 'What is told of deliveries makes no route feed on itself, or two on each other.',
    verifiedBy: { file: 'test/routes.test.ts', test: 'does not feed on what it tells of its own deliveries' },
  },
  {
    id: 'deliveries.order',
    source: 'DOMAIN §3',
    behaviour: 'Events about one thing are sent in their order, while those about others go on.',
    verifiedBy: { file: 'test/routes.test.ts', test: 'keeps the order of events about one thing, while others go on' },
  },
]
