import { useState } from 'react'

import type { Budget, BudgetMetric, BudgetScope } from '@engine/core/contract'

import { FieldError } from '../../data/failure.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { ChooseAgent, ChooseProject } from '../../parts/choose.tsx'
import { ChooseTask } from '../../parts/choose-task.tsx'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, SelectField, TextField, Tick } from '../../parts/form.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { amount, limitOf, units, windows } from './amounts.ts'

interface NewBudgetProps {
  onClose(): void
  onSet?(budget: Budget): void
  /** What it is of, where that is known already. */
  readonly of?: { readonly scope: BudgetScope; readonly scopeId: string }
}

// Object.keys forgets literal keys.
const metrics = Object.keys(units) as BudgetMetric[]
const windowNames = Object.keys(windows) as (keyof typeof windows)[]
const scopes = [
  ['company', 'the company'],
  ['project', 'a project'],
  ['agent', 'an agent'],
  ['task', 'a task'],
] as const satisfies readonly (readonly [BudgetScope, string])[]

const standardWarnPercent = 80

/** A limit on what the company, a project, an agent or a task may use. */
export function NewBudget({ onClose, onSet, of }: NewBudgetProps) {
  const { companyId } = useEngine()
  const tell = useTell()
  const [scope, setScope] = useState<BudgetScope>(of?.scope ?? 'company')
  const [metric, setMetric] = useState<BudgetMetric>('micros')
  const set = useCommand('budgets.set', { onDone: (budget) => (tell.done('The limit holds'), onClose(), onSet?.(budget)) })
  const { items: budgets } = useList('budgets.list', { companyId })
  const submit = (fields: Fields) => {
    const window = windowNames.find((each) => each === fields.text('window')) ?? 'month_utc'
    const scopeId = scope === 'company' ? companyId : (of?.scopeId ?? fields.text('scopeId'))
    if (scopeId === '') throw new FieldError('scopeId', `Choose which ${scope} it is over.`)
    const known = budgets.find((each) => each.scopeId === scopeId && each.metric === metric && each.window === window)
    if (known) throw new FieldError('limit', `There is a limit like this already, of ${amount(metric, known.limit)}: change that one.`)
    set.run({ companyId, scope, window, metric, ...readTerms(fields, metric), ...(scope !== 'company' && { scopeId }) })
  }
  return (
    <DialogForm
      title="New budget"
      isOpen
      onClose={onClose}
      submit="Set the limit"
      isRunning={set.isRunning}
      error={set.error}
      onSubmit={submit}
    >
      {of === undefined && (
        <div className="eng-row eng-row-wrap">
          <SelectField
            label="Of"
            value={scope}
            onChange={({ target }) => setScope(scopes.find(([each]) => each === target.value)?.[0] ?? 'company')}
            options={scopes}
          />
          <ScopeChoice scope={scope} />
        </div>
      )}
      <div className="eng-row eng-row-wrap">
        <SelectField
          label="What is counted"
          value={metric}
          onChange={({ target }) => setMetric(metrics.find((each) => each === target.value) ?? 'micros')}
          options={metrics.map((each) => [each, each === 'micros' ? 'money' : each === 'wallMs' ? 'time of runs' : each])}
        />
        <SelectField
          label="Counted anew"
          name="window"
          options={windowNames.map((each) => [each, each === 'lifetime' ? 'never' : windows[each]])}
        />
      </div>
      <Terms metric={metric} />
    </DialogForm>
  )
}

function ScopeChoice({ scope }: { scope: BudgetScope }) {
  if (scope === 'agent') return <ChooseAgent label="Agent" name="scopeId" none="Choose one" />
  if (scope === 'project') return <ChooseProject label="Project" name="scopeId" none="Choose one" />
  return scope === 'task' && <ChooseTask label="Task" name="scopeId" />
}

/** Another amount for a limit: raised, work that stopped at it goes on. */
export function ChangeBudget({ budget, onClose }: { budget: Budget; onClose(): void }) {
  const { metric, companyId, scope, scopeId, window } = budget
  // As it was when the form was opened: a change since then is not overwritten.
  const [version] = useState(budget.version)
  const tell = useTell()
  const done = { onDone: () => (tell.done('The limit is another one'), onClose()) }
  const raise = useCommand('budgets.raise', done)
  const set = useCommand('budgets.set', done)
  const submit = (fields: Fields) => {
    const terms = readTerms(fields, metric)
    const isRaise = terms.limit > budget.limit && terms.isHard === budget.isHard && terms.warnPercent === budget.warnPercent
    if (isRaise) raise.run({ budgetId: budget.id, limit: terms.limit, version })
    else set.run({ companyId, scope, window, metric, ...terms, version, ...(scope !== 'company' && { scopeId }) })
  }
  return (
    <DialogForm
      title="Change the limit"
      isOpen
      onClose={onClose}
      submit="Change it"
      isRunning={raise.isRunning || set.isRunning}
      error={raise.error ?? set.error}
      onSubmit={submit}
    >
      <Terms metric={metric} budget={budget} />
    </DialogForm>
  )
}

/** Up to how much of what is counted, and what happens there. */
function Terms({ metric, budget }: { metric: BudgetMetric; budget?: Budget }) {
  return (
    <>
      <div className="eng-row eng-row-wrap">
        <TextField
          label={`Limit in ${units[metric].name}`}
          name="limit"
          inputMode="decimal"
          required
          autoComplete="off"
          autoFocus={budget !== undefined}
          defaultValue={budget && budget.limit / units[metric].size}
        />
        <TextField
          label="Warns at, in percent"
          name="warnPercent"
          type="number"
          min={1}
          max={100}
          required
          defaultValue={budget?.warnPercent ?? standardWarnPercent}
        />
      </div>
      <Tick label="Work stops at it; otherwise it only warns" name="isHard" isTicked={budget?.isHard ?? true} />
    </>
  )
}

function readTerms(fields: Fields, metric: BudgetMetric) {
  const limit = limitOf(metric, fields.text('limit'))
  if (limit === null) throw new FieldError('limit', `It has to be a number of ${units[metric].name}.`)
  return { limit, warnPercent: Number(fields.text('warnPercent')), isHard: fields.isTicked('isHard') }
}
