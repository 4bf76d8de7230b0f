import { testDestination } from '@engine/testing/destinations'

import { inbox } from './index.ts'
import { openReceiver, token } from './receiver.ts'

testDestination({
  name: 'inbox',
  create: () => inbox,
  leastConfig: { url: 'https://inbox.example/', token: 'any' },
  receiver: openReceiver,
  secrets: [token],
})
