import type { Requirement } from './requirement.ts'

/** Knowledge, secrets, routines, interactions and preferences. */
export const paper: readonly Requirement[] = [
  {
    id: 'knowledge.entries',
    source: 'feature list: Knowledge Base',
    behaviour: 'What agents should know is kept by company and by project, and searched.',
    later: 'knowledge',
  },
  {
    id: 'knowledge.bounded',
    source: 'DOMAIN §3',
    behaviour: 'What a run gets of it is ranked and bounded.',
    later: 'knowledge',
  },
  {
    id: 'knowledge.events',
    source: 'event list: knowledge.updated',
    behaviour: 'A change of what is known is told as an event.',
    later: 'knowledge',
  },
  {
    id: 'knowledge.embeddings',
    source: 'platform list: vector search',
    behaviour: 'Entries are found by meaning through a port.',
    later: 'knowledge',
  },
  {
    id: 'secrets.encrypted',
    source: 'secret model §7.12',
    behaviour: 'A secret is encrypted, has versions, and is never read back.',
    later: 'secrets',
  },
  {
    id: 'secrets.references',
    source: 'secret model §7.12',
    behaviour: 'A configuration names a secret and is shown without its value.',
    later: 'secrets',
  },
  {
    id: 'secrets.rotate',
    source: 'DOMAIN §3',
    behaviour: 'A secret is rotated, and the log says who used it.',
    later: 'secrets',
  },
  {
    id: 'routines.cron',
    source: 'API list §10.10',
    behaviour: 'Work recurs by a schedule with its time zone.',
    later: 'routines',
  },
  {
    id: 'routines.webhook',
    source: 'API list §10.10',
    behaviour: 'Work is triggered by a signed call, once.',
    later: 'routines',
  },
  {
    id: 'routines.catch-up',
    source: 'DOMAIN §3',
    behaviour: 'What was missed is made up as the routine says.',
    later: 'routines',
  },
  {
    id: 'interactions.ask',
    source: 'API list §10.10',
    behaviour: 'A run asks a question, for a confirmation, or suggests tasks.',
    later: 'interactions',
  },
  {
    id: 'interactions.answer',
    source: 'platform list: respond to a question',
    behaviour: 'A person answers, and the run goes on with the answer.',
    later: 'interactions',
  },
  {
    id: 'interactions.expire',
    source: 'DOMAIN §2',
    behaviour: 'A question that nobody answers expires.',
    later: 'interactions',
  },
  {
    id: 'preferences.scopes',
    source: 'platform list: preferences',
    behaviour: 'What a person prefers is kept by scope, and the nearest scope goes first.',
    later: 'preferences',
  },
]
