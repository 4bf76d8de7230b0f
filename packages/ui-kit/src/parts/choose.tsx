import { useEngine } from '../data/provider.tsx'
import { useList } from '../data/use-operation.ts'
import { ChoiceField } from './form.tsx'

interface ChooseProps {
  readonly label: string
  readonly name: string
  readonly value?: string | null
  /** What is said for nothing. */
  readonly none: string
  readonly hint?: string
}

type Named = readonly { readonly id: string; readonly name: string }[]

function Choose({ label, name, value = null, none, hint, of }: ChooseProps & { of: Named }) {
  const options = of.map(({ id, name: shown }) => [id, shown] as const)
  return <ChoiceField label={label} name={name} hint={hint} value={value ?? ''} options={[['', none], ...options]} />
}

export function ChooseAgent({ leaveOut, ...props }: ChooseProps & { leaveOut?: string }) {
  const { companyId } = useEngine()
  const { items } = useList('agents.list', { companyId })
  return <Choose {...props} of={items.filter(({ id, status }) => status !== 'terminated' && id !== leaveOut)} />
}

export function ChooseProject(props: ChooseProps) {
  const { companyId } = useEngine()
  const { items } = useList('projects.list', { companyId })
  return <Choose {...props} of={items.filter(({ id, status }) => status !== 'cancelled' || id === props.value)} />
}

export function ChooseSprint(props: ChooseProps) {
  const { companyId } = useEngine()
  const { items } = useList('sprints.list', { companyId })
  return <Choose {...props} of={items.filter(({ id, status }) => !['completed', 'cancelled'].includes(status) || id === props.value)} />
}

export function ChooseGoal({ leaveOut, ...props }: ChooseProps & { leaveOut?: string }) {
  const { companyId } = useEngine()
  const { items } = useList('goals.list', { companyId })
  const open = items.filter(({ id, status }) => id !== leaveOut && (status === 'active' || status === 'planned' || id === props.value))
  return <Choose {...props} of={open.map(({ id, title }) => ({ id, name: title }))} />
}
