import { testDestination } from '@engine/testing/destinations'

import { postbox } from './index.ts'
import { openReceiver, token } from './receiver.ts'

testDestination({
  name: 'postbox',
  create: () => postbox,
  leastConfig: { url: 'https://postbox.example/', token: 'any' },
  receiver: openReceiver,
  secrets: [token],
})
