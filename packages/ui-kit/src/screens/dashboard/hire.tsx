import { useState } from 'react'

import type { ItemOf } from '../../data/operations.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { Field, Form, textOf } from '../../parts/dialog-form.tsx'
import { SchemaFields } from '../../parts/schema-fields.tsx'
import { fieldsOf, readFields } from '../../parts/schema.ts'
import { Read } from '../../parts/states.tsx'

type AdapterItem = ItemOf<'adapters.list'>

// Wherever the configuration of an adapter takes a text, a secret may stand.
const anySecret = { secretFields: null, alwaysSecret: [] }

const fieldsFor = ({ configSchema }: AdapterItem) => fieldsOf(configSchema, anySecret)

/** A first agent, executed by one of the adapters that this server has. */
export function Hire() {
  const reading = useOperation('adapters.list', {})
  // A human is a colleague that nothing executes; who is asked to do work by a person has an adapter of its own.
  return <Read of={reading}>{({ items }) => <HireForm adapters={items.filter(({ type }) => type !== 'human')} />}</Read>
}

function HireForm({ adapters }: { adapters: readonly AdapterItem[] }) {
  const { companyId } = useEngine()
  const [chosen, setChosen] = useState('')
  const [problem, setProblem] = useState<unknown>(null)
  const hire = useCommand('agents.create')
  // What works without being told anything is the shortest way to a first result.
  const easiest = adapters.find((each) => fieldsFor(each).every(({ isRequired }) => !isRequired))
  const adapter = adapters.find(({ type }) => type === chosen) ?? easiest ?? adapters[0]
  if (!adapter) return <p>This server has no adapter, so nothing executes agents here. Start it with one.</p>
  const fields = fieldsFor(adapter)
  const send = (form: FormData) => {
    try {
      const adapterConfig = readFields(fields, form)
      const instructions = textOf(form, 'instructions')
      setProblem(null)
      hire.run({
        companyId,
        name: textOf(form, 'name'),
        role: textOf(form, 'role'),
        adapterType: adapter.type,
        adapterConfig,
        ...(instructions !== '' && { instructions }),
      })
    } catch (error) {
      setProblem(error)
    }
  }
  return (
    <Form action="Hire" isRunning={hire.isRunning} error={problem ?? hire.error} onSubmit={send}>
      <div className="eng-row eng-row-wrap">
        <Field label="Name">
          <input className="eng-input" name="name" required maxLength={200} placeholder="Ada" autoComplete="off" />
        </Field>
        <Field label="Role">
          <input className="eng-input" name="role" required maxLength={200} placeholder="writer" autoComplete="off" />
        </Field>
      </div>
      <Field label="What it is always told">
        <textarea className="eng-input" name="instructions" placeholder="You write short and friendly texts." />
      </Field>
      <Execution adapters={adapters} adapter={adapter} onAdapter={setChosen} />
    </Form>
  )
}

interface ExecutionProps {
  readonly adapters: readonly AdapterItem[]
  readonly adapter: AdapterItem
  onAdapter(type: string): void
}

/** What executes it, with what that has to be told first and what it may be told. */
function Execution({ adapters, adapter, onAdapter }: ExecutionProps) {
  const fields = fieldsFor(adapter)
  const needed = fields.filter(({ isRequired }) => isRequired)
  const others = fields.filter(({ isRequired }) => !isRequired)
  return (
    <>
      <Field label="Executed by" hint={`How far spending can pass a limit: ${adapter.overshoot}`}>
        <select className="eng-input" value={adapter.type} onChange={({ target }) => onAdapter(target.value)}>
          {adapters.map(({ type, title }) => (
            <option key={type} value={type}>
              {title}
            </option>
          ))}
        </select>
      </Field>
      <SchemaFields key={adapter.type} fields={needed} config={{}} />
      {others.length > 0 && (
        <details key={`${adapter.type} more`}>
          <summary className="eng-soft">More of how it is executed</summary>
          <div className="eng-stack">
            <SchemaFields fields={others} config={{}} />
          </div>
        </details>
      )}
    </>
  )
}
