import { useState } from 'react'

import type { Budget, BudgetMetric, BudgetScope } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, SelectField, TextField, Tick } from '../../parts/form.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { limitOf, units, windows } from './amounts.ts'

interface BudgetFormProps {
  readonly isOpen: boolean
  onClose(): void
  onSet(budget: Budget): void
}

// Object.keys forgets literal keys.
const metrics = Object.keys(units) as BudgetMetric[]
const windowNames = Object.keys(windows) as (keyof typeof windows)[]
const scopes = ['company', 'project', 'agent'] as const satisfies readonly BudgetScope[]

/** A limit on what the company, a project or an agent may use. */
export function NewBudget({ isOpen, onClose, onSet }: BudgetFormProps) {
  const { companyId } = useEngine()
  const tell = useTell()
  const [scope, setScope] = useState<(typeof scopes)[number]>('company')
  const [metric, setMetric] = useState<BudgetMetric>('micros')
  const [problem, setProblem] = useState<Error | null>(null)
  const set = useCommand('budgets.set', {
    onDone(budget) {
      tell.done('The limit holds')
      onClose()
      onSet(budget)
    },
  })
  const submit = (fields: Fields) => {
    const limit = limitOf(metric, fields.text('limit'))
    setProblem(limit === null ? new Error(`The limit has to be a number of ${units[metric].name}.`) : null)
    if (limit === null) return
    const window = windowNames.find((each) => each === fields.text('window')) ?? 'month_utc'
    const scopeId = scope === 'company' ? undefined : fields.text('scopeId')
    set.run({ companyId, scope, window, metric, limit, isHard: fields.isTicked('isHard'), ...(scopeId !== undefined && { scopeId }) })
  }
  return (
    <DialogForm
      title="New budget"
      isOpen={isOpen}
      onClose={onClose}
      submit="Set the limit"
      isRunning={set.isRunning}
      error={problem ?? set.error}
      onSubmit={submit}
    >
      <div className="eng-row eng-row-wrap">
        <SelectField
          label="Of"
          value={scope}
          onChange={({ target }) => setScope(scopes.find((each) => each === target.value) ?? 'company')}
          options={scopes.map((each) => [each, each === 'company' ? 'the company' : each === 'agent' ? 'an agent' : 'a project'])}
        />
        {scope !== 'company' && <ScopeChoice scope={scope} />}
      </div>
      <Measure metric={metric} onMetric={setMetric} />
      <Tick label="Work stops at it; otherwise it only warns" name="isHard" isTicked />
    </DialogForm>
  )
}

/** What is counted, up to how much of it, and when it is counted anew. */
function Measure({ metric, onMetric }: { metric: BudgetMetric; onMetric(metric: BudgetMetric): void }) {
  return (
    <div className="eng-row eng-row-wrap">
      <SelectField
        label="What is counted"
        value={metric}
        onChange={({ target }) => onMetric(metrics.find((each) => each === target.value) ?? 'micros')}
        options={metrics.map((each) => [each, each === 'micros' ? 'money' : each === 'wallMs' ? 'time of runs' : each])}
      />
      <TextField label={`Limit in ${units[metric].name}`} name="limit" inputMode="decimal" required autoComplete="off" />
      <SelectField
        label="Counted anew"
        name="window"
        options={windowNames.map((each) => [each, each === 'lifetime' ? 'never' : windows[each]])}
      />
    </div>
  )
}

function ScopeChoice({ scope }: { scope: 'project' | 'agent' }) {
  const { companyId } = useEngine()
  const { items: agents } = useList('agents.list', scope === 'agent' ? { companyId } : null)
  const { items: projects } = useList('projects.list', scope === 'project' ? { companyId } : null)
  return (
    <SelectField
      label={scope === 'agent' ? 'Agent' : 'Project'}
      name="scopeId"
      required
      options={(scope === 'agent' ? agents : projects).map(({ id, name }) => [id, name])}
    />
  )
}

/** Another amount for a limit: raised, work that stopped at it goes on. */
export function ChangeBudget({ budget, isOpen, onClose }: { budget: Budget; isOpen: boolean; onClose(): void }) {
  const { metric, limit, version, companyId, scope, scopeId, window } = budget
  const tell = useTell()
  const [problem, setProblem] = useState<Error | null>(null)
  const done = { onDone: () => (tell.done('The limit is another one'), onClose()) }
  const raise = useCommand('budgets.raise', done)
  const set = useCommand('budgets.set', done)
  const submit = (fields: Fields) => {
    const next = limitOf(metric, fields.text('limit'))
    setProblem(next === null ? new Error(`The limit has to be a number of ${units[metric].name}.`) : null)
    if (next === null) return
    const isHard = fields.isTicked('isHard')
    if (next > limit && isHard === budget.isHard) return raise.run({ budgetId: budget.id, limit: next, version })
    set.run({ companyId, scope, window, metric, limit: next, isHard, version, ...(scope !== 'company' && { scopeId }) })
  }
  return (
    <DialogForm
      title="Change the limit"
      isOpen={isOpen}
      onClose={onClose}
      submit="Change it"
      isRunning={raise.isRunning || set.isRunning}
      error={problem ?? raise.error ?? set.error}
      onSubmit={submit}
    >
      <TextField
        label={`Limit in ${units[metric].name}`}
        name="limit"
        inputMode="decimal"
        required
        autoComplete="off"
        autoFocus
        defaultValue={limit / units[metric].size}
      />
      <Tick label="Work stops at it; otherwise it only warns" name="isHard" isTicked={budget.isHard} />
    </DialogForm>
  )
}
