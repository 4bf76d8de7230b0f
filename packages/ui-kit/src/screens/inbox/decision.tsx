import { useId, useState, type ReactNode } from 'react'

import type { OperationName } from '../../data/operations.ts'
import { Button } from '../../parts/button.tsx'
import { chord, isChord } from '../../parts/chord.ts'
import { WhoMay } from '../../parts/who-may.tsx'
import { useKeys } from '../../parts/use-keys.ts'

/** One of the things that a person can decide. */
export interface Verdict {
  readonly key: string
  readonly does: OperationName
  readonly label: string
  readonly look?: 'strong' | 'bad'
  /** What must be said with it; null when nothing needs to be. */
  readonly note: { readonly label: string; readonly isRequired: boolean } | null
  decide(note: string | undefined): void
}

/** Buttons and keys that decide; a decision that needs words asks for them first. */
export function Decision({ verdicts, isRunning, children }: { verdicts: readonly Verdict[]; isRunning: boolean; children?: ReactNode }) {
  const [asked, setAsked] = useState<Verdict | null>(null)
  const begin = (verdict: Verdict) => {
    if (isRunning) return
    if (verdict.note) setAsked(verdict)
    else verdict.decide(undefined)
  }
  useKeys(Object.fromEntries(verdicts.map((verdict) => [verdict.key, [verdict.does, () => begin(verdict)] as const])))
  if (asked?.note) return <Words verdict={asked} isRunning={isRunning} onBack={() => setAsked(null)} />
  return (
    <div className="eng-sticky eng-row eng-row-wrap">
      {verdicts.map((verdict) => (
        <Button
          key={verdict.key}
          does={verdict.does}
          shortcut={verdict.key}
          disabled={isRunning}
          onClick={() => begin(verdict)}
          {...(verdict.look && { look: verdict.look })}
        >
          {verdict.label}
        </Button>
      ))}
      {verdicts[0] && <WhoMay does={verdicts[0].does} what="decide it" />}
      {children}
    </div>
  )
}

function Words({ verdict, isRunning, onBack }: { verdict: Verdict; isRunning: boolean; onBack(): void }) {
  const id = useId()
  const [note, setNote] = useState('')
  const { label = '', isRequired = false } = verdict.note ?? {}
  const isReady = !isRunning && (!isRequired || note.trim() !== '')
  const send = () => isReady && verdict.decide(note.trim() === '' ? undefined : note.trim())
  return (
    <form
      className="eng-sticky eng-stack"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <div className="eng-field">
        <label className="eng-field-label" htmlFor={id}>
          {label}
        </label>
        <textarea
          id={id}
          className="eng-input"
          value={note}
          autoFocus
          onChange={(event) => setNote(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onBack()
            if (isChord(event, 'Enter')) send()
          }}
        />
      </div>
      <div className="eng-row">
        <Button type="submit" look={verdict.look === 'bad' ? 'bad' : 'strong'} disabled={!isReady} shortcut={chord('↵')}>
          {verdict.label}
        </Button>
        <Button look="plain" onClick={onBack} shortcut="Esc">
          Back
        </Button>
      </div>
    </form>
  )
}
