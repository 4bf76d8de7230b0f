import { Menu as MenuIcon, Search } from 'lucide-react'

import type { Company } from '@engine/core/contract'

import { Dialog } from '../parts/dialog.tsx'
import { PlaceLink, type Place } from '../parts/places.tsx'
import { groups, isBelow, navigation } from './navigation.ts'
import { Reach } from './reach.tsx'

interface SideProps {
  readonly place: Place
  /** How many things wait for a person. */
  readonly waiting: number
}

/** All screens, by what they are about. */
function Groups({ place, waiting, onFollow }: SideProps & { onFollow?: () => void }) {
  return groups.map((group) => {
    const entries = navigation.filter((entry) => entry.group === group)
    if (entries.length === 0) return null
    return (
      <section key={group} className="eng-nav-group" aria-label={group}>
        {group !== groups[0] && <h2 className="eng-nav-title">{group}</h2>}
        <ul className="eng-nav">
          {entries.map((entry) => (
            <li key={entry.name} onClick={onFollow}>
              <EntryLink entry={entry} place={place} waiting={waiting} />
            </li>
          ))}
        </ul>
      </section>
    )
  })
}

function EntryLink({ entry, place, waiting }: SideProps & { entry: (typeof navigation)[number] }) {
  const { name, icon: Icon, place: to } = entry
  return (
    <PlaceLink to={to} className="eng-nav-link" isCurrent={isBelow(entry, place)}>
      <Icon size={16} aria-hidden />
      {name}
      {to.screen === 'inbox' && waiting > 0 && <span className="eng-count">{waiting}</span>}
    </PlaceLink>
  )
}

/** The way to every screen: at the side, or, at the width of a phone, a few at the bottom with all others behind one button. */
export function Navigation({ company, onSearch, onAll, ...given }: SideProps & { company: Company; onSearch(): void; onAll(): void }) {
  return (
    <>
      <div className="eng-nav-all">
        <Groups {...given} />
      </div>
      <ul className="eng-nav eng-narrow">
        {navigation
          .filter(({ isNear }) => isNear)
          .map((entry) => (
            <li key={entry.name}>
              <EntryLink entry={entry} {...given} />
            </li>
          ))}
        <li>
          <button type="button" className="eng-nav-link eng-narrow-button" onClick={onSearch}>
            <Search size={16} aria-hidden />
            Search
          </button>
        </li>
        <li>
          <Reach company={company} />
        </li>
        <li>
          <button type="button" className="eng-nav-link eng-narrow-button" onClick={onAll}>
            <MenuIcon size={16} aria-hidden />
            All
          </button>
        </li>
      </ul>
    </>
  )
}

/** All screens, where there is no room for them beside each other. */
export function AllScreens({ isOpen, onClose, ...given }: SideProps & { isOpen: boolean; onClose(): void }) {
  return (
    <Dialog title="All screens" isOpen={isOpen} onClose={onClose}>
      <nav className="eng-dialog-body" aria-label="All screens">
        <Groups {...given} onFollow={onClose} />
      </nav>
    </Dialog>
  )
}
