import { Menu as MenuIcon, Puzzle, Search } from 'lucide-react'
import type { ReactElement } from 'react'

import type { Company } from '@engine/core/contract'

import { useSlots } from '../frames/use-slots.ts'
import { Dialog } from '../parts/dialog.tsx'
import { PlaceLink, type Place } from '../parts/places.tsx'
import { groups, isBelow, useNavigation, type Entry } from './navigation.ts'
import { Reach } from './reach.tsx'

interface SideProps {
  readonly place: Place
  /** How many things wait for a person. */
  readonly waiting: number
}

/** All screens, by what they are about; behind ours those of plugins. */
function Groups({ place, waiting, onFollow }: SideProps & { onFollow?: () => void }) {
  const navigation = useNavigation()
  const { items: pages } = useSlots('page')
  return (
    <>
      {groups
        .filter((group) => navigation.some((entry) => entry.group === group))
        .map((group) => (
          <Group key={group} name={group} isNamed={group !== groups[0]} onFollow={onFollow}>
            {navigation
              .filter((entry) => entry.group === group)
              .map((entry) => (
                <EntryLink key={entry.name} entry={entry} place={place} waiting={waiting} />
              ))}
          </Group>
        ))}
      {pages.length > 0 && (
        <Group name="Plugins" isNamed onFollow={onFollow}>
          {pages.map(({ plugin, title }) => (
            <PlaceLink key={plugin} to={{ screen: 'page', plugin }} className="eng-nav-link" isCurrent={isPageOf(place, plugin)}>
              <Puzzle size={16} aria-hidden />
              {title}
            </PlaceLink>
          ))}
        </Group>
      )}
    </>
  )
}

function isPageOf(place: Place, plugin: string): boolean {
  return place.screen === 'page' && place.plugin === plugin
}

interface GroupProps {
  readonly name: string
  readonly isNamed: boolean
  readonly onFollow: (() => void) | undefined
  readonly children: readonly ReactElement[]
}

function Group({ name, isNamed, onFollow, children }: GroupProps) {
  return (
    <section className="eng-nav-group" aria-label={name}>
      {isNamed && <h2 className="eng-nav-title">{name}</h2>}
      <ul className="eng-nav">
        {children.map((link) => (
          <li key={link.key} onClick={onFollow}>
            {link}
          </li>
        ))}
      </ul>
    </section>
  )
}

function EntryLink({ entry, place, waiting }: SideProps & { entry: Entry }) {
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
  const navigation = useNavigation()
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
