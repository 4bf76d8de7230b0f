import type { Requirement } from './requirement.ts'

const file = 'test/plugins.test.ts'

/** Plugins: what they are to a program, and to a company. */
export const plugins: readonly Requirement[] = [
  {
    id: 'plugins.typed',
    source: 'DESIGN §6',
    behaviour: 'The operations of plugins are methods with types, routes and tools, like those of Engine.',
    verifiedBy: { file, test: 'has their operations as methods, with types, beside those of Engine' },
  },
  {
    id: 'plugins.install',
    source: 'PROMISES S24',
    behaviour: 'What an isolated plugin may reach is shown with its hash, approved, and approved again when it changes.',
    verifiedBy: { file: 'test/plugins-company.test.ts', test: 'works once its capabilities are approved, and again when they changed' },
    operations: ['plugins.install', 'plugins.get', 'plugins.list'],
    events: ['plugin.installed'],
  },
  {
    id: 'plugins.status',
    source: 'DOMAIN §2',
    behaviour: 'A plugin is configured, disabled, enabled and uninstalled in each company by its admins.',
    verifiedBy: { file: 'test/plugins-company.test.ts', test: 'is configured, disabled, enabled and uninstalled by admins' },
    operations: ['plugins.configure', 'plugins.disable', 'plugins.enable', 'plugins.uninstall'],
    events: ['plugin.status_changed', 'plugin.configured'],
  },
  {
    id: 'plugins.subscriptions',
    source: 'DESIGN §6',
    behaviour: 'A subscription hears each event at least once, is parked when it goes on refusing one, and replayed.',
    verifiedBy: { file, test: 'is told again what it refused, and parked when it goes on refusing' },
    operations: ['plugins.subscriptions', 'plugins.replay', 'plugins.logs', 'plugins.park'],
    events: ['plugin.subscription_parked', 'plugin.subscription_replayed'],
  },
  {
    id: 'plugins.webhooks',
    source: 'DESIGN §6',
    behaviour: 'A plugin takes requests of other systems, and looks itself whether they are genuine.',
    verifiedBy: { file: 'test/plugins-company.test.ts', test: 'takes a request once that it finds genuine, and no other' },
    operations: ['plugins.receive'],
    events: ['plugin.webhook_received'],
  },
  {
    id: 'plugins.slots',
    source: 'PROMISES S24',
    behaviour: 'A company is shown the pages of the plugins that work in it, and is told what each page may ask for.',
    verifiedBy: { file: 'test/plugin-pages.test.ts', test: 'is what works there, with the operations that its page may ask for' },
    operations: ['plugins.slots'],
  },
  {
    id: 'plugins.pages',
    source: 'PROMISES S24',
    behaviour: 'No address leads out of the folders in which a plugin has its pages.',
    verifiedBy: { file: 'test/plugin-pages.test.ts', test: 'are not reached by the way "%s"' },
  },
  {
    id: 'plugins.isolated',
    source: 'PROMISES P17',
    behaviour: 'A plugin that is not trusted harms nobody: fourteen hostile ones are contained while another answers.',
    verifiedBy: { file: 'test/plugins-hostile.test.ts', test: 'fourteen hostile plugins harm nobody' },
  },
  {
    id: 'plugins.quarantine',
    source: 'PROMISES P17',
    behaviour: 'A plugin that crashes five times in ten minutes is quarantined until an admin enables it.',
    verifiedBy: { file: 'test/plugins-hostile.test.ts', test: 'is started again after a crash, and quarantined after five' },
    operations: ['plugins.stop'],
  },
  {
    id: 'plugins.policies',
    source: 'DESIGN §6',
    behaviour: 'A policy says no inside the transaction of the command that it guards.',
    verifiedBy: { file, test: 'says no inside the transaction, with what would satisfy it' },
  },
]
