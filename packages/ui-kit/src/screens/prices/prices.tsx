import { Plus } from 'lucide-react'
import { useState } from 'react'

import { Button } from '../../parts/button.tsx'
import { Screen } from '../../parts/screen.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { LookUp } from './look-up.tsx'
import { PriceForm, type PriceDraft } from './price-form.tsx'
import { RateCard } from './rate-card.tsx'
import { UsedModels } from './used-models.tsx'

/** What models cost the company: of those that it uses, on its own rate card, and of any that somebody asks for. */
export function Prices() {
  const [draft, setDraft] = useState<PriceDraft | null>(null)
  const add = () => setDraft({})
  useKeys({ c: ['prices.set', add] })
  const action = (
    <Button does="prices.set" look="strong" onClick={add} shortcut="c">
      <Plus size={15} aria-hidden /> Set a price
    </Button>
  )
  return (
    <Screen title="Prices" actions={action} isPadded>
      <div className="eng-stack eng-stack-loose">
        <p className="eng-soft">
          In US dollars for a million tokens. The rate card of the company counts first, then the prices of whoever runs this server, then
          the list prices that come with Engine; verify those against your contract. What nobody knows a price of counts as free, or as what
          was held for it, where its cost is not reported; under a hard limit it is not called.
        </p>
        <UsedModels onSet={setDraft} />
        <RateCard onSet={setDraft} />
        <LookUp onSet={setDraft} />
      </div>
      {draft && <PriceForm draft={draft} onClose={() => setDraft(null)} />}
    </Screen>
  )
}
