import { expect, test } from 'vitest'

import { readSession, sessionFingerprint, writeSession } from './session.ts'

const place = { command: 'claude', cwd: '/work', home: undefined }
const fingerprint = sessionFingerprint(place)
const session = { sessionId: 'abc-1' }

test('a session is read as it was written', () => {
  expect(readSession(writeSession(session, fingerprint), fingerprint)).toMatchObject(session)
})

test.each([{ command: 'other' }, { cwd: '/elsewhere' }, { home: '/home/agent' }])('a session of another place is none: %j', (change) => {
  expect(readSession(writeSession(session, fingerprint), sessionFingerprint({ ...place, ...change }))).toBeNull()
})

test.each([null, {}, { sessionId: 'x' }, { sessionId: '--yolo', fingerprint }, { sessionId: 'a b', fingerprint }])(
  'what is no session is none: %j',
  (state) => {
    expect(readSession(state, fingerprint)).toBeNull()
  },
)

test('an id that could be an option is not kept', () => {
  expect(writeSession({ ...session, sessionId: '-p' }, fingerprint)).toBeNull()
})
