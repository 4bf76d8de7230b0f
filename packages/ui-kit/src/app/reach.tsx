import { Building2 } from 'lucide-react'
import { useState } from 'react'

import type { Company } from '@engine/core/contract'

import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { useHost } from '../parts/host.tsx'
import { Appearance } from '../screens/settings/appearance.tsx'

/** What stands beside every screen on a desk, on a phone behind one button: the other companies, the theme, the way out. */
export function Reach({ company }: { company: Company }) {
  const { account } = useHost()
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <button type="button" className="eng-nav-link eng-narrow-button" onClick={() => setIsOpen(true)}>
        <Building2 size={16} aria-hidden />
        Company
      </button>
      <Dialog title={company.name} isOpen={isOpen} onClose={() => setIsOpen(false)}>
        <div className="eng-dialog-body" onClick={(event) => isChoice(event.target) && setIsOpen(false)}>
          <Appearance company={company} />
          {account && <Button onClick={account.logOut}>Log out {account.name}</Button>}
        </div>
      </Dialog>
    </>
  )
}

/** A choice that leads elsewhere closes what it was made in; a theme shows itself at once. */
function isChoice(target: EventTarget): boolean {
  return target instanceof Element && target.closest('[aria-label="Another company"] button') !== null
}
