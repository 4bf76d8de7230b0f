import { useDeferredValue, useEffect, useId, useState, type KeyboardEvent } from 'react'

import { useEngine } from '../data/provider.tsx'
import { useList, useOperation } from '../data/use-operation.ts'
import { useSlots } from '../frames/use-slots.ts'
import { Key } from '../parts/button.tsx'
import { chord } from '../parts/chord.ts'
import { Dialog } from '../parts/dialog.tsx'
import { usePlaces, type Place } from '../parts/places.tsx'
import { useNavigation } from './navigation.ts'

interface Target {
  readonly key: string
  readonly name: string
  readonly kind: string
  readonly place: Place
}

/** Goes anywhere by a few letters: screens, what has a name, and everything that search finds. */
export function Palette({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  return (
    <Dialog title="Go to" isOpen={isOpen} onClose={onClose} isTitleHidden>
      <Finder onClose={onClose} />
    </Dialog>
  )
}

function Finder({ onClose }: { onClose(): void }) {
  const id = useId()
  const { go } = usePlaces()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const targets = useTargets(useDeferredValue(text.trim()))
  useEffect(() => setAt(0), [targets.length])
  const choose = (target: Target | undefined) => {
    if (!target) return
    onClose()
    go(target.place)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) setAt((now) => Math.min(targets.length - 1, Math.max(0, now + step)))
    if (event.key === 'Enter') choose(targets[at])
    if (step !== 0 || event.key === 'Enter') event.preventDefault()
  }
  return (
    <>
      <input
        className="eng-palette-input"
        placeholder="Go to a screen, a task, an agent…"
        aria-label="Go to"
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={targets[at] && `${id}-${at}`}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <ul id={id} role="listbox" aria-label="Places" className="eng-palette-list">
        {targets.map((target, index) => (
          <li
            key={target.key}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            className="eng-menu-item"
            onClick={() => choose(target)}
          >
            <span className="eng-grow eng-cut">{target.name}</span>
            <span className="eng-soft eng-small">{target.kind}</span>
          </li>
        ))}
      </ul>
      {targets.length === 0 && <p className="eng-dialog-body eng-soft">Nothing is called so.</p>}
    </>
  )
}

type Named = readonly { readonly id: string; readonly name: string }[]

function useTargets(text: string): readonly Target[] {
  const { companyId } = useEngine()
  const navigation = useNavigation()
  const of = text === '' ? null : { companyId }
  const { items: plugins } = useSlots('page')
  const { items: agents } = useList('agents.list', { companyId })
  const { items: projects } = useList('projects.list', of)
  const { items: goals } = useList('goals.list', of)
  const { items: sprints } = useList('sprints.list', of)
  const { items: routines } = useList('routines.list', of)
  const { data } = useOperation('search.find', of && { ...of, query: text })
  const has = (name: string) => name.toLowerCase().includes(text.toLowerCase())
  const screens = navigation.filter(({ name }) => has(name)).map(({ name, place }) => ({ key: name, name, kind: 'screen', place }))
  const named = (kind: string, all: Named, placeOf: (id: string) => Place) =>
    all.filter(({ name }) => text !== '' && has(name)).map(({ id, name }) => ({ key: id, name, kind, place: placeOf(id) }))
  const found = (text === '' ? [] : (data?.items ?? [])).flatMap(({ id, title, type, taskId }): Target[] => {
    if (type === 'knowledge') return [{ key: id, name: title, kind: type, place: { screen: 'entry', knowledgeEntryId: id } }]
    const task = type === 'task' ? id : taskId
    return task === null ? [] : [{ key: id, name: title, kind: type, place: { screen: 'task' as const, taskId: task } }]
  })
  const aims = goals.map(({ id, title }) => ({ id, name: title }))
  const pages = plugins
    .filter(({ title }) => has(title))
    .map(({ plugin, title }) => ({ key: plugin, name: title, kind: 'plugin', place: { screen: 'page' as const, plugin } }))
  return [
    ...screens,
    ...pages,
    ...named('agent', agents, (agentId) => ({ screen: 'agent', agentId })),
    ...named('project', projects, (projectId) => ({ screen: 'project', projectId })),
    ...named('goal', aims, (goalId) => ({ screen: 'goal', goalId })),
    ...named('sprint', sprints, (sprintId) => ({ screen: 'sprint', sprintId })),
    ...named('routine', routines, (routineId) => ({ screen: 'routine', routineId })),
    ...found,
  ].slice(0, 20)
}

const help = [
  ['j k', 'Walk through a list'],
  ['o or ↵', 'Open what is marked'],
  ['a', 'Approve, accept'],
  ['r', 'Request changes, answer in words'],
  ['x', 'Reject; in the list of tasks, choose'],
  ['d', 'Compare with the version before'],
  ['1 … 9', 'Answer a question by its choice'],
  ['c', 'Make another of what is shown'],
  ['e', 'Change what is shown'],
  ['m', 'Move tasks into the sprint'],
  ['b', 'List or board, list or org chart'],
  ['?', 'This map'],
] as const

/** Every key that does something. */
export function KeyMap({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const screens = useNavigation().map(({ key, name }) => [`g ${key}`, name] as const)
  const all = [[`${chord('K')} or /`, 'Go anywhere, search'], ...screens, ...help] as const
  return (
    <Dialog title="Keys" isOpen={isOpen} onClose={onClose}>
      <dl className="eng-dialog-body eng-facts">
        {all.map(([keys, what]) => (
          <div key={keys} className="eng-fact">
            <dt>
              <Key>{keys}</Key>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
