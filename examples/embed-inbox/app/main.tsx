import { createRoot } from 'react-dom/client'

import { createClient } from '@engine/client'
import { EngineProvider, EngineRoot, Inbox, PlacesProvider, useInbox, type Places } from '@engine/ui-kit'
import '@engine/ui-kit/styles.css'

const client = createClient({ url: `${location.origin}/engine` })
const { items } = await client.companies.list({ limit: 1 })

// What the shop itself shows of a task; everything else is no link here.
const places: Places = {
  hrefOf: (place) => (place.screen === 'task' ? `/orders?task=${place.taskId}` : null),
  go: (place) => location.assign(places.hrefOf(place) ?? '/'),
}

function Shop({ companyId }: { companyId: string }) {
  return (
    <EngineProvider client={client} companyId={companyId}>
      <h1>The shop</h1>
      <Badge />
      <button type="button">A button of the shop</button>
      <EngineRoot theme="light">
        <PlacesProvider places={places}>
          <Inbox />
        </PlacesProvider>
      </EngineRoot>
    </EngineProvider>
  )
}

/** A hook is enough where a component of ours would be too much. */
function Badge() {
  return <p>{useInbox().items.length} decisions wait for you.</p>
}

const element = document.querySelector('#shop')
if (element && items[0]) createRoot(element).render(<Shop companyId={items[0].id} />)
