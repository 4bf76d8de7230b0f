import type { Requirement } from './requirement.ts'

/** How people get in: accounts, sessions, and what a server asks of a browser. */
export const accounts: readonly Requirement[] = [
  {
    id: 'people.accounts',
    source: 'DOMAIN §3',
    behaviour: 'A person signs in with a local account, whose password is kept as a hash only.',
    verifiedBy: { file: 'test/accounts.test.ts', test: 'in which no password and no token stands, nor anywhere else' },
    operations: ['accounts.logIn', 'accounts.log', 'accounts.recordFailure'],
  },
  {
    id: 'people.accounts.parameters',
    source: 'promise S4',
    behaviour: 'What is kept of a password is made anew with stronger parameters when it is used.',
    verifiedBy: { file: 'test/accounts.test.ts', test: 'keep a password with stronger parameters from the next login on' },
  },
  {
    id: 'people.accounts.unknown',
    source: 'security list §16',
    behaviour: 'A login tells nobody whether there is an account: the answer and the work are the same.',
    verifiedBy: { file: 'test/accounts.test.ts', test: 'answer an unknown address as a wrong password, with the same work' },
  },
  {
    id: 'people.accounts.lockout',
    source: 'security list §16',
    behaviour: 'Wrong passwords make the next one wait, by address and account, for all processes of a database.',
    verifiedBy: { file: 'test/accounts.test.ts', test: 'look at five wrong passwords from one address' },
    operations: ['accounts.countAttempt'],
  },
  {
    id: 'people.accounts.lockout.strangers',
    source: 'security list §16',
    behaviour: 'Strangers keep nobody out of their own account for good.',
    verifiedBy: { file: 'test/accounts.test.ts', test: 'let their person in from where they always come from' },
  },
  {
    id: 'people.accounts.password',
    source: 'DOMAIN §3',
    behaviour: 'Whoever changes their password ends their other sessions.',
    verifiedBy: { file: 'test/accounts.test.ts', test: 'change a password for whoever knows it' },
    operations: ['accounts.changePassword'],
  },
  {
    id: 'people.accounts.link',
    source: 'DOMAIN §3',
    behaviour: 'Whoever lost their password gets a link that works once, from somebody who may not gain rights by it.',
    verifiedBy: { file: 'test/accounts.test.ts', test: 'are given a new password by a link of an admin' },
    operations: ['accounts.createLink', 'accounts.setPassword', 'members.createPasswordLink', 'members.revokeSessions'],
    events: ['member.password_link_created', 'member.sessions_revoked'],
  },
  {
    id: 'people.accounts.takeover',
    source: 'security list §16',
    behaviour: 'An address that somebody claims opens no account, neither now nor later.',
    verifiedBy: { file: 'test/accounts.test.ts', test: 'are not taken over by somebody who claims an address' },
  },
  {
    id: 'people.sessions',
    source: 'DOMAIN §3',
    behaviour: 'Local accounts have several sessions at a time.',
    verifiedBy: { file: 'test/accounts.test.ts', test: 'make a new token at each login, show where one is logged in' },
    operations: ['sessions.list', 'sessions.revoke', 'sessions.revokeOthers', 'accounts.logOut', 'accounts.me'],
  },
  {
    id: 'people.sessions.expiry',
    source: 'DOMAIN §3',
    behaviour: 'A session ends when it is not used, and after a time in any case.',
    verifiedBy: { file: 'test/accounts.test.ts', test: 'end sessions that nobody uses, and every one after its time' },
  },
  {
    id: 'people.sessions.cookie',
    source: 'promise S7',
    behaviour: 'The token of a session is in a cookie that no page reads and no other site sends.',
    verifiedBy: { file: 'test/http-accounts.test.ts', test: 'keeps its session in a cookie that no page reads' },
  },
  {
    id: 'people.sessions.fixation',
    source: 'promise S7',
    behaviour: 'A login makes a new token, whatever the browser came with.',
    verifiedBy: { file: 'test/http-accounts.test.ts', test: 'is given a new token when it logs in, whatever it came with' },
  },
  {
    id: 'people.sessions.revoked',
    source: 'promise S4',
    behaviour: 'What is revoked ends open streams too, also those in which nothing happens.',
    verifiedBy: { file: 'test/http-accounts.test.ts', test: 'ends while nothing happens: %s' },
  },
  {
    id: 'people.first-admin',
    source: 'DOMAIN §3',
    behaviour: 'There is no password that everybody knows: the first admin comes by a link that is shown once.',
    verifiedBy: { file: 'test/accounts.test.ts', test: 'begin with a link of the console, which works once' },
    operations: ['accounts.setUp', 'accounts.openSetup'],
  },
  {
    id: 'people.owners',
    source: 'DOMAIN §3',
    behaviour: 'An installation may have several owners, and always keeps one.',
    verifiedBy: { file: 'test/accounts-end.test.ts', test: 'has as many owners as are made, and always one' },
    operations: ['accounts.giveOwnership', 'accounts.takeOwnership', 'accounts.list'],
  },
  {
    id: 'people.accounts.deleted',
    source: 'DOMAIN §3',
    behaviour:
      'A deleted account opens nothing any more and names nobody; what its person wrote stays, and the log of the company is whole.',
    verifiedBy: { file: 'test/accounts-end.test.ts', test: 'leaves what it wrote under a name that says so, and a log that is whole' },
    operations: ['accounts.delete', 'accounts.deleteOwn', 'members.forget'],
  },
  {
    id: 'people.accounts.log-kept',
    source: 'DOMAIN §3',
    behaviour: 'The log of accounts is kept for as long as the host says, and no longer.',
    verifiedBy: { file: 'test/accounts-end.test.ts', test: 'is kept for as many days as the host says' },
  },
  {
    id: 'people.modes',
    source: 'promise S6',
    behaviour: 'A server that others reach has accounts and a public address, or it does not start.',
    verifiedBy: { file: 'test/http-accounts.test.ts', test: 'not with %s' },
  },
  {
    id: 'people.hosts',
    source: 'promise S7',
    behaviour: 'A server answers requests that name it by an address of its own, whatever other headers say.',
    verifiedBy: { file: 'packages/http/src/access/door.test.ts', test: 'for the host "%s": %s' },
  },
]
