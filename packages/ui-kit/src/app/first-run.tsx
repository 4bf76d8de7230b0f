import { useState } from 'react'

import type { Client } from '@engine/client'
import type { Company } from '@engine/core/contract'

import { Button } from '../parts/button.tsx'
import { FailureNotice } from '../parts/states.tsx'

/** A server without a company: the first one is made here. */
export function FirstRun({ client, onCreated }: { client: Client; onCreated(company: Company): void }) {
  const [name, setName] = useState('')
  const [error, setError] = useState<unknown>(null)
  const create = () => client.companies.create({ name: name.trim() }).then(onCreated, setError)
  return (
    <main className="eng-page">
      <form
        className="eng-empty"
        onSubmit={(event) => {
          event.preventDefault()
          void create()
        }}
      >
        <h1 className="eng-empty-title">Begin with a company</h1>
        <p className="eng-soft">It holds the agents, their tasks, what they may spend and everything that they did.</p>
        <label className="eng-field">
          <span className="eng-field-label">Its name</span>
          <input className="eng-input" value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        {error !== null && <FailureNotice error={error} />}
        <Button type="submit" look="strong" disabled={name.trim() === ''}>
          Create the company
        </Button>
      </form>
    </main>
  )
}
