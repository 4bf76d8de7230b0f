import { useState } from 'react'

import type { RoutingRule } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand } from '../../data/use-operation.ts'
import { ChooseAgent, ChooseProject } from '../../parts/choose.tsx'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, FieldGroup, MoreFields, SelectField, TextField, Tick } from '../../parts/form.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { priorities } from '../tasks/moves.ts'
import { readRule, strategies, strategyNames, targets, type Target } from './read-rule.ts'
import { ContextField, LabelTicks } from './task-fields.tsx'

interface RuleFormProps {
  /** The one that is changed; null for a new one. */
  readonly rule: RoutingRule | null
  onClose(): void
  onSaved(rule: RoutingRule): void
}

/** Which tasks a rule is for, and who gets them. */
export function RuleForm({ rule, onClose, onSaved }: RuleFormProps) {
  const { companyId } = useEngine()
  const tell = useTell()
  // As it was when the form was opened: a change since then is not overwritten.
  const [version] = useState(rule?.version)
  const saved = (said: string) => (next: RoutingRule) => (onClose(), tell.done(`${next.name} is ${said}`), onSaved(next))
  const create = useCommand('routing.create', { onDone: saved('asked from now on') })
  const update = useCommand('routing.update', { onDone: saved('changed') })
  const send = (fields: Fields) => {
    const said = readRule(fields)
    if (rule && version !== undefined) update.run({ routingRuleId: rule.id, version, ...said })
    else create.run({ companyId, projectId: fields.maybe('projectId'), ...said })
  }
  return (
    <DialogForm
      title={rule ? 'Change the rule' : 'New rule'}
      isOpen
      onClose={onClose}
      submit={rule ? 'Change it' : 'Create'}
      isRunning={create.isRunning || update.isRunning}
      error={create.error ?? update.error}
      onSubmit={send}
    >
      <TextField label="Name" name="name" required maxLength={200} autoComplete="off" defaultValue={rule?.name} />
      {rule === null && <ChooseProject label="For tasks of" name="projectId" none="the whole company" />}
      <Conditions of={rule?.conditions ?? {}} />
      <TargetFields rule={rule} />
      <ChooseAgent
        label="Where nobody of them can"
        name="fallbackAgentId"
        value={rule?.fallbackAgentId ?? null}
        none="the next rule is asked"
      />
    </DialogForm>
  )
}

/** All that are named must hold. */
function Conditions({ of: { tagsAny, tagsAll, priority, labels, capabilities, context } }: { of: RoutingRule['conditions'] }) {
  const chosen = priority === undefined ? [] : [priority].flat()
  const hasMore = tagsAll !== undefined || labels !== undefined || capabilities !== undefined || context !== undefined
  return (
    <>
      <TextField
        label="Tagged with one of"
        name="tagsAny"
        path="conditions.tagsAny"
        placeholder="logo, web"
        defaultValue={tagsAny?.join(', ')}
        hint="All that is said here must hold. With nothing said, every task fits."
      />
      <FieldGroup title="With one of these priorities">
        <div className="eng-row eng-row-wrap">
          {priorities.map((each) => (
            <Tick key={each} label={each} name="priority" value={each} isTicked={chosen.includes(each)} />
          ))}
        </div>
      </FieldGroup>
      <MoreFields title="More conditions" isOpen={hasMore}>
        <TextField label="Tagged with all of" name="tagsAll" path="conditions.tagsAll" defaultValue={tagsAll?.join(', ')} />
        <TextField
          label="That need who can all of"
          name="capabilities"
          path="conditions.capabilities"
          defaultValue={capabilities?.join(', ')}
        />
        <LabelTicks chosen={labels ?? []} />
        <ContextField value={context} />
      </MoreFields>
    </>
  )
}

const targetNames: Readonly<Record<Target, string>> = { agent: 'one agent', capability: 'one of those who can' }

function TargetFields({ rule }: { rule: RoutingRule | null }) {
  const [target, setTarget] = useState<Target>(rule && rule.targetAgentId === null ? 'capability' : 'agent')
  return (
    <>
      <SelectField
        label="Goes to"
        name="target"
        value={target}
        onChange={(event) => setTarget(targets.find((each) => each === event.target.value) ?? 'agent')}
        options={targets.map((each) => [each, targetNames[each]])}
      />
      {target === 'agent' ? (
        <ChooseAgent label="Agent" name="targetAgentId" value={rule?.targetAgentId ?? null} none="choose one" />
      ) : (
        <div className="eng-row eng-row-wrap">
          <TextField
            label="Can"
            name="targetCapability"
            required
            maxLength={64}
            placeholder="design"
            defaultValue={rule?.targetCapability ?? undefined}
          />
          <SelectField
            label="Of them"
            name="strategy"
            defaultValue={rule?.strategy ?? 'least_busy'}
            options={strategyNames.map((each) => [each, strategies[each]])}
          />
        </div>
      )}
    </>
  )
}
