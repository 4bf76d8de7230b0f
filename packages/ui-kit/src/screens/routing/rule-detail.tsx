import { useState } from 'react'

import type { RoutingRule } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm.tsx'
import { Facts, Json } from '../../parts/screen.tsx'
import { Detail } from '../../parts/split.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { AgentName } from '../../parts/who.tsx'
import { moved, strategies } from './read-rule.ts'
import { RuleForm } from './rule-form.tsx'

interface DetailProps {
  readonly rule: RoutingRule
  /** All that there are, in their order. */
  readonly rules: readonly RoutingRule[]
  nameOf(projectId: string): string
  onGone(): void
}

/** One rule: when it fits, whom it chooses, and when it is asked. */
export function RuleDetail(props: DetailProps) {
  const { rule } = props
  const [isChanging, setIsChanging] = useState(false)
  const change = () => setIsChanging(true)
  useKeys({ e: ['routing.update', change] })
  return (
    <Detail title={rule.name} actions={<Actions {...props} onChange={change} />}>
      {rule.terminatedAgentIds.length > 0 && (
        <div className="eng-notice" data-tone="warn">
          An agent that it names is terminated and passed over. Name another one, or delete the rule.
        </div>
      )}
      <RuleFacts {...props} />
      {isChanging && <RuleForm rule={rule} onClose={() => setIsChanging(false)} onSaved={() => undefined} />}
    </Detail>
  )
}

function Actions({ rule, rules, onGone, onChange }: DetailProps & { onChange(): void }) {
  const { id: routingRuleId, companyId, projectId, name, isEnabled, version } = rule
  const tell = useTell()
  const told = { onFailed: tell.failed }
  const reorder = useCommand('routing.reorder', told)
  const update = useCommand('routing.update', {
    ...told,
    onDone: (changed) => tell.done(changed.isEnabled ? `${name} is asked again` : `${name} is asked no more`),
  })
  const remove = useCommand('routing.delete', { ...told, onDone: () => (onGone(), tell.done(`${name} is deleted`)) })
  const [earlier, later] = [moved(rules, rule, -1), moved(rules, rule, 1)]
  const move = (ids: readonly string[] | null) => ids && reorder.run({ companyId, projectId, routingRuleIds: [...ids] })
  return (
    <>
      <Status of={isEnabled ? 'active' : 'disabled'} />
      <Button does="routing.update" shortcut="e" onClick={onChange}>
        Change
      </Button>
      <Button does="routing.reorder" disabled={earlier === null || reorder.isRunning} onClick={() => move(earlier)}>
        Ask earlier
      </Button>
      <Button does="routing.reorder" disabled={later === null || reorder.isRunning} onClick={() => move(later)}>
        Ask later
      </Button>
      <Button
        does="routing.update"
        disabled={update.isRunning}
        onClick={() => update.run({ routingRuleId, version, isEnabled: !isEnabled })}
      >
        {isEnabled ? 'Disable' : 'Enable'}
      </Button>
      <ConfirmButton
        does="routing.delete"
        act="Delete"
        title={`Delete ${name}`}
        isRunning={remove.isRunning}
        onAct={() => remove.run({ routingRuleId })}
      >
        <p>Tasks that it assigned stay where they are.</p>
      </ConfirmButton>
    </>
  )
}

function RuleFacts({ rule, nameOf }: DetailProps) {
  const { projectId, targetAgentId, targetCapability, strategy, fallbackAgentId, lastAgentId } = rule
  return (
    <Facts
      of={[
        ['For tasks of', projectId === null ? 'the whole company' : nameOf(projectId)],
        ...conditionFacts(rule),
        targetAgentId === null
          ? ['Goes to', `who has ${targetCapability}: ${strategies[strategy ?? 'least_busy']}`]
          : ['Goes to', <AgentName key="target" id={targetAgentId} />],
        ...(fallbackAgentId === null ? [] : [['Where nobody of them can', <AgentName key="fallback" id={fallbackAgentId} />] as const]),
        ...(lastAgentId === null ? [] : [['The last turn had', <AgentName key="last" id={lastAgentId} />] as const]),
        ['Changed', <Time key="changed" at={rule.updatedAt} />],
      ]}
    />
  )
}

/** What all must hold. */
function conditionFacts({ conditions }: RoutingRule) {
  const { tagsAny, tagsAll, priority, labels, capabilities, context } = conditions
  const facts = [
    ...(tagsAny ? [['Tagged', tagsAny.join(' or ')] as const] : []),
    ...(tagsAll ? [['With the tags', tagsAll.join(' and ')] as const] : []),
    ...(priority ? [['Priority', [priority].flat().join(' or ')] as const] : []),
    ...(labels ? [['With the labels', <LabelNames key="labels" ids={labels} />] as const] : []),
    ...(capabilities ? [['That need', capabilities.join(' and ')] as const] : []),
    ...(context ? [['With the context', <Json key="context" of={context} />] as const] : []),
  ]
  return facts.length === 0 ? [['Fits', 'every task'] as const] : facts
}

function LabelNames({ ids }: { ids: readonly string[] }) {
  const { companyId } = useEngine()
  const { items } = useList('labels.list', { companyId })
  return ids.map((id) => items.find((label) => label.id === id)?.name ?? '…').join(' and ')
}
