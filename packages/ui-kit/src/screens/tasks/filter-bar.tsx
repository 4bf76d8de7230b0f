import { useState } from 'react'

import { words } from '../../data/said.ts'
import { useEngine } from '../../data/provider.tsx'
import { useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Menu } from '../../parts/menu.tsx'
import { priorities, statuses } from './moves.ts'
import { useViews } from './use-views.ts'

interface FilterBarProps {
  readonly choices: Readonly<Record<string, string>>
  onChange(change: Readonly<Record<string, string>>): void
}

const names = ['status', 'priority', 'agent', 'project', 'overdue', 'text'] as const

/** Which tasks are shown: in the address, so that a filter can be sent, and under a name, so that it is found again. */
export function FilterBar({ choices, onChange }: FilterBarProps) {
  const { companyId } = useEngine()
  const { items: agents } = useList('agents.list', { companyId })
  const { items: projects } = useList('projects.list', { companyId })
  const isFiltered = names.some((name) => (choices[name] ?? '') !== '')
  const clear = () => onChange(Object.fromEntries(names.map((name) => [name, ''])))
  return (
    <div className="eng-row eng-row-wrap eng-filter" role="search" aria-label="Filter tasks">
      <input
        className="eng-input"
        data-fit
        type="search"
        aria-label="Words in the title"
        placeholder="Filter by words"
        value={choices['text'] ?? ''}
        onChange={(event) => onChange({ text: event.target.value })}
      />
      <Pick
        label="Status"
        value={choices['status']}
        options={statuses.map((status) => [status, words(status)])}
        onPick={(status) => onChange({ status })}
      />
      <Pick
        label="Priority"
        value={choices['priority']}
        options={priorities.map((priority) => [priority, priority])}
        onPick={(priority) => onChange({ priority })}
      />
      <Pick
        label="Assignee"
        value={choices['agent']}
        options={agents.map(({ id, name }) => [id, name])}
        onPick={(agent) => onChange({ agent })}
      />
      {projects.length > 0 && (
        <Pick
          label="Project"
          value={choices['project']}
          options={projects.map(({ id, name }) => [id, name])}
          onPick={(project) => onChange({ project })}
        />
      )}
      <Overdue value={choices['overdue']} onChange={onChange} />
      <Views choices={choices} onChange={onChange} isFiltered={isFiltered} />
      {isFiltered && (
        <Button look="plain" onClick={clear}>
          Clear
        </Button>
      )}
    </div>
  )
}

function Overdue({ value, onChange }: { value: string | undefined; onChange: FilterBarProps['onChange'] }) {
  return (
    <label className="eng-row">
      <input
        type="checkbox"
        className="eng-check"
        checked={value === 'yes'}
        onChange={(event) => onChange({ overdue: event.target.checked ? 'yes' : '' })}
      />
      overdue
    </label>
  )
}

interface PickProps {
  readonly label: string
  readonly value: string | undefined
  readonly options: readonly (readonly [string, string])[]
  onPick(value: string): void
}

function Pick({ label, value = '', options, onPick }: PickProps) {
  return (
    <select className="eng-input" data-fit aria-label={label} value={value} onChange={(event) => onPick(event.target.value)}>
      <option value="">{label}: any</option>
      {options.map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
      {value !== '' && !options.some(([key]) => key === value) && <option value={value}>{words(value)}</option>}
    </select>
  )
}

function Views({ choices, onChange, isFiltered }: FilterBarProps & { isFiltered: boolean }) {
  const { views, save, remove } = useViews()
  const [name, setName] = useState<string | null>(null)
  const apply = (view: Readonly<Record<string, string>>) => onChange({ ...Object.fromEntries(names.map((each) => [each, ''])), ...view })
  const current = Object.fromEntries(names.flatMap((each) => (choices[each] ? [[each, choices[each]]] : [])))
  const entries = [
    ...views.map((view) => ({ key: view.name, label: view.name, choose: () => apply(view.choices) })),
    ...views.map((view) => ({
      key: `remove ${view.name}`,
      does: 'preferences.set' as const,
      label: `Forget “${view.name}”`,
      choose: () => remove(view.name),
    })),
    { key: 'save', does: 'preferences.set' as const, label: 'Save this filter…', choose: () => setName('') },
  ]
  return (
    <>
      <Menu label="Views" choices={isFiltered ? entries : entries.slice(0, -1)} isDisabled={!isFiltered && views.length === 0} />
      <Dialog title="Save this filter" isOpen={name !== null} onClose={() => setName(null)}>
        <form
          className="eng-dialog-body"
          onSubmit={(event) => {
            event.preventDefault()
            const given = (name ?? '').trim()
            if (given !== '') save({ name: given, choices: current })
            setName(null)
          }}
        >
          <label className="eng-field">
            <span className="eng-field-label">Name</span>
            <input className="eng-input" value={name ?? ''} onChange={(event) => setName(event.target.value)} />
          </label>
          <div className="eng-row">
            <Button type="submit" look="strong">
              Save
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  )
}
