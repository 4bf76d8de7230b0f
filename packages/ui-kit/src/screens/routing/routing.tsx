import { useMemo, useState } from 'react'

import type { RoutingRule } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Collection } from '../../parts/collection.tsx'
import { useChosen } from '../../parts/places.tsx'
import { LineButton } from '../../parts/split.tsx'
import { Empty, NotThere } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { conditionsInWords, inOrder } from './read-rule.ts'
import { RuleDetail } from './rule-detail.tsx'
import { RuleForm } from './rule-form.tsx'
import { TryOut } from './try-out.tsx'

type Open = 'new' | 'try' | null

/** Who gets tasks that are created for nobody: the rules in the order in which they are asked, and whom they would choose. */
export function Routing() {
  const { companyId } = useEngine()
  const [opened, open] = useChosen('rule')
  const [shown, setShown] = useState<Open>(null)
  const list = useList('routing.list', { companyId })
  const { items: projects } = useList('projects.list', { companyId })
  const nameOf = (projectId: string) => projects.find(({ id }) => id === projectId)?.name ?? 'a project'
  const rules = useMemo(
    () => inOrder(list.items, (projectId) => projects.find(({ id }) => id === projectId)?.name ?? ''),
    [list.items, projects],
  )
  const tryOut = () => setShown('try')
  useKeys({ t: tryOut })
  return (
    <Collection
      does="routing.create"
      title="Routing rules"
      add="New rule"
      onAdd={() => setShown('new')}
      list={{ ...list, items: rules }}
      opened={opened}
      onOpen={open}
      rowHeight={60}
      head={<Head onTry={tryOut} />}
      empty={
        <Empty title="No rule gives tasks to anybody">
          A task that is created for nobody goes to the agent that a rule names, by its tags, priority, labels or context.
        </Empty>
      }
      row={(rule) => <Row rule={rule} of={rule.projectId === null ? null : nameOf(rule.projectId)} onOpen={() => open(rule.id)} />}
      detail={(id, rule) =>
        rule ? <RuleDetail key={id} rule={rule} rules={rules} nameOf={nameOf} onGone={() => open(null, 'replace')} /> : <NotThere />
      }
    >
      {shown === 'new' && <RuleForm rule={null} onClose={() => setShown(null)} onSaved={({ id }) => open(id)} />}
      {shown === 'try' && <TryOut rules={rules} onClose={() => setShown(null)} />}
    </Collection>
  )
}

function Head({ onTry }: { onTry(): void }) {
  return (
    <div className="eng-pad eng-stack eng-stack-tight">
      <p className="eng-soft eng-small">
        Asked from the top: the first that fits and has somebody at work decides. Behind them come the default agents of project and
        company.
      </p>
      <div>
        <Button does="routing.dryRun" onClick={onTry} shortcut="t">
          Who would get a task?
        </Button>
      </div>
    </div>
  )
}

function Row({ rule, of, onOpen }: { rule: RoutingRule; of: string | null; onOpen(): void }) {
  return (
    <LineButton onClick={onOpen}>
      <span className="eng-row eng-line-title">
        <span className="eng-cut eng-grow">{rule.name}</span>
        <Status of={!rule.isEnabled ? 'disabled' : rule.terminatedAgentIds.length > 0 ? 'missing' : 'active'} isBare />
      </span>
      <span className="eng-cut eng-soft eng-small eng-line-title">
        {of !== null && `${of}: `}
        {conditionsInWords(rule.conditions)}
      </span>
    </LineButton>
  )
}
