import type { Requirement } from './requirement.ts'

/** Values that are sealed, named, given to runs and blotted out of what they say. */
export const secrets: readonly Requirement[] = [
  {
    id: 'secrets.encrypted',
    source: 'secret model §7.12',
    behaviour: 'A secret is encrypted, has versions, and is never read back.',
    verifiedBy: { file: 'test/secrets.test.ts', test: 'a secret is kept sealed, and no call answers with its value' },
    operations: ['secrets.create', 'secrets.get', 'secrets.list', 'secrets.versions'],
    events: ['secret.created', 'secret.rotated'],
  },
  {
    id: 'secrets.sealed-for-its-place',
    source: 'PROMISES S16',
    behaviour: 'What is sealed for one secret opens as no other.',
    verifiedBy: { file: 'test/secrets.test.ts', test: 'a sealed value that was moved opens nowhere else' },
  },
  {
    id: 'secrets.keys',
    source: 'PROMISES S16',
    behaviour: 'A new key seals while older ones still open.',
    verifiedBy: { file: 'test/secrets.test.ts', test: 'seals with the first of several keys and opens with all' },
  },
  {
    id: 'secrets.canary',
    source: 'PROMISES S15',
    behaviour: 'The value of a secret that a program is given is found nowhere else, whatever the program does with it.',
    verifiedBy: { file: 'test/secrets-canary.test.ts', test: 'is found nowhere else' },
  },
  {
    id: 'secrets.guessed',
    source: 'PROMISES S15',
    behaviour: 'A keyed call leaves no hash by which a value could be guessed.',
    verifiedBy: { file: 'test/secrets.test.ts', test: 'a keyed call is told from another value' },
  },
  {
    id: 'secrets.permissions',
    source: 'DOMAIN §5',
    behaviour: 'Only admins see secrets, and nobody else puts one into a configuration.',
    verifiedBy: { file: 'test/secrets.test.ts', test: 'only admins see secrets' },
  },
  {
    id: 'secrets.disabled',
    source: 'DOMAIN §3',
    behaviour: 'A run that needs a secret which is missing or disabled fails and names it.',
    verifiedBy: { file: 'test/secrets.test.ts', test: 'its runs fail by name' },
    operations: ['secrets.update'],
  },
  {
    id: 'secrets.delete',
    source: 'secret model §7.12',
    behaviour: 'A secret in use is not deleted, and the answer names where it is used.',
    verifiedBy: { file: 'test/secrets.test.ts', test: 'a secret that is used is not deleted' },
    operations: ['secrets.delete', 'secrets.uses'],
  },
  {
    id: 'secrets.bindings',
    source: 'DOMAIN §3',
    behaviour: 'A secret is bound to a variable of the company, a project or an agent, of which the nearest counts.',
    verifiedBy: { file: 'test/secrets.test.ts', test: 'variables come from company, project and agent' },
    operations: ['secrets.bind', 'secrets.unbind'],
  },
  {
    id: 'secrets.references',
    source: 'secret model §7.12',
    behaviour: 'A configuration names a secret and is shown without its value.',
    verifiedBy: { file: 'test/secrets.test.ts', test: 'an agent names secrets at any depth of its configuration' },
  },
  {
    id: 'secrets.rotate',
    source: 'DOMAIN §3',
    behaviour: 'A secret is rotated: the next run gets the new value, and an old one is destroyed for good.',
    verifiedBy: { file: 'test/secrets.test.ts', test: 'a rotation counts from the next run on' },
    operations: ['secrets.rotate', 'secrets.destroyVersion'],
  },
  {
    id: 'secrets.accesses',
    source: 'DOMAIN §3',
    behaviour: 'Who got a secret when is kept, the newest thousand times.',
    verifiedBy: { file: 'test/secrets.test.ts', test: 'who got a secret when is noted' },
    operations: ['secrets.accesses', 'secrets.recordAccesses'],
  },
]
