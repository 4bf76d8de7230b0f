import { LogOut, Moon, Search, Sun, SunMoon } from 'lucide-react'
import { Suspense, useEffect, useLayoutEffect, useState, type ReactNode } from 'react'

import type { Company } from '@engine/core/contract'

import { useEngine, useMay } from '../data/provider.tsx'
import { Button, Key } from '../parts/button.tsx'
import { chord, isChord } from '../parts/chord.ts'
import { Menu } from '../parts/menu.tsx'
import { usePlaces, type Place } from '../parts/places.tsx'
import type { Theme } from '../parts/root.tsx'
import { Screen } from '../parts/screen.tsx'
import { Boundary, Empty, Loading } from '../parts/states.tsx'
import { useKeys } from '../parts/use-keys.ts'
import { WhoMay } from '../parts/who-may.tsx'
import { useInbox } from '../screens/inbox/use-inbox.ts'
import { entryOf, reads, useNavigation } from './navigation.ts'
import { KeyMap, Palette } from './palette.tsx'
import { AllScreens, Navigation } from './side.tsx'
import { useSequence } from './use-sequence.ts'

interface ShellProps {
  readonly company: Company
  readonly companies: readonly Company[]
  onCompany(company: Company): void
  readonly place: Place
  readonly theme: Theme
  onTheme(): void
  /** Null where nobody logged in. */
  readonly onLogOut: (() => void) | null
  readonly children: ReactNode
}

const states = { opening: 'Connecting…', live: 'Live', away: 'Connection lost, trying again…', refused: 'Not allowed to listen' } as const

/** What stands around every screen. */
export function Shell(props: ShellProps) {
  const { company, place, children } = props
  const [open, setOpen] = useState<'palette' | 'keys' | 'all' | null>(null)
  const { go } = usePlaces()
  const { items } = useInbox()
  useTitle(company, items.length)
  useSequence('g', Object.fromEntries(useNavigation().map((entry) => [entry.key, () => go(entry.place)])))
  useKeys({ '/': () => setOpen('palette'), '?': () => setOpen('keys') })
  usePaletteKey(() => setOpen('palette'))
  const close = () => setOpen(null)
  return (
    <div className="eng-shell">
      <nav className="eng-side" aria-label="Main">
        <Companies {...props} />
        <Navigation
          place={place}
          waiting={items.length}
          onSearch={() => setOpen('palette')}
          company={company}
          onAll={() => setOpen('all')}
        />
        <Extras {...props} onPalette={() => setOpen('palette')} onKeys={() => setOpen('keys')} />
      </nav>
      <main className="eng-main">
        <Connection />
        <Boundary of={JSON.stringify(place)}>
          <Allowed place={place}>
            <Suspense fallback={<Loading />}>{children}</Suspense>
          </Allowed>
        </Boundary>
      </main>
      <Palette isOpen={open === 'palette'} onClose={close} />
      <AllScreens isOpen={open === 'all'} onClose={close} place={place} waiting={items.length} />
      <KeyMap isOpen={open === 'keys'} onClose={close} />
    </div>
  )
}

/** A screen for whoever may read it; to others it says who may. */
function Allowed({ place, children }: { place: Place; children: ReactNode }) {
  const may = useMay()
  const entry = entryOf(place)
  if (!entry || may(reads[entry.place.screen])) return children
  return (
    <Screen title={entry.name} isPadded>
      <Empty title="It is not yours to see">
        <WhoMay does={reads[entry.place.screen]} what="see it" />
      </Empty>
    </Screen>
  )
}

function Companies({ company, companies, onCompany }: ShellProps) {
  return (
    <div className="eng-side-extra">
      <Menu
        label={<span className="eng-cut">{company.name}</span>}
        choices={companies.map((each) => ({ key: each.id, label: each.name, choose: () => onCompany(each) }))}
      />
      {company.status !== 'active' && <p className="eng-small eng-bad">This company is {company.status}: nothing starts.</p>}
    </div>
  )
}

interface ExtrasProps extends ShellProps {
  onPalette(): void
  onKeys(): void
}

function Extras({ theme, onTheme, onLogOut, onPalette, onKeys }: ExtrasProps) {
  const { live } = useEngine()
  const Icon = theme === 'light' ? Sun : theme === 'dark' ? Moon : SunMoon
  return (
    <div className="eng-side-extra eng-side-foot eng-stack">
      <Button onClick={onPalette}>
        <Search size={15} aria-hidden /> <span className="eng-grow">Search</span> <Key>{chord('K')}</Key>
      </Button>
      <div className="eng-row">
        <span className="eng-live eng-grow" data-state={live} role="status">
          {states[live]}
        </span>
        <Button look="plain" size="icon" onClick={onKeys} aria-label="Keys">
          ?
        </Button>
        <Button look="plain" size="icon" onClick={onTheme} aria-label={`Theme: ${theme}`}>
          <Icon size={15} aria-hidden />
        </Button>
        {onLogOut && (
          <Button look="plain" size="icon" onClick={onLogOut} aria-label="Log out">
            <LogOut size={15} aria-hidden />
          </Button>
        )}
      </div>
    </div>
  )
}

/** Says when what is shown may be old. */
function Connection() {
  const { live } = useEngine()
  if (live === 'live' || live === 'opening') return null
  return (
    <p className="eng-connection" role="status" data-state={live}>
      {live === 'away'
        ? 'The server is not heard. What you see may be old; it comes up to date by itself.'
        : 'You may not listen to this company any more. Reload to sign in again.'}
    </p>
  )
}

function useTitle({ name }: Company, waiting: number): void {
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${name} · Engine`
  }, [name, waiting])
}

function usePaletteKey(open: () => void): void {
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isChord(event, 'k')) return
      event.preventDefault()
      open()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  })
}
