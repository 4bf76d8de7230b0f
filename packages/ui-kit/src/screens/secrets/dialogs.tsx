import type { Secret } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { controls } from '../../data/said.ts'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, SelectField, TextField, VeiledField } from '../../parts/form.tsx'
import { useTell } from '../../parts/toasts.tsx'

interface DialogProps {
  readonly isOpen: boolean
  onClose(): void
}

export function NewSecret({ isOpen, onClose, onDone }: DialogProps & { onDone(secret: Secret): void }) {
  const done = (secret: Secret) => {
    onClose()
    onDone(secret)
  }
  return (
    <Dialog title={controls['secrets.create']} isOpen={isOpen} onClose={onClose}>
      <Create onDone={done} />
    </Dialog>
  )
}

function Create({ onDone }: { onDone(secret: Secret): void }) {
  const { companyId } = useEngine()
  const create = useCommand('secrets.create', { onDone })
  const submit = (fields: Fields) =>
    create.run({ companyId, name: fields.text('name'), value: fields.raw('value'), description: fields.maybe('description') })
  return (
    <Form submit="Keep it" isRunning={create.isRunning} error={create.error} onSubmit={submit}>
      <TextField
        label="Name"
        name="name"
        required
        pattern="[A-Za-z_][A-Za-z0-9_]{0,127}"
        placeholder="OPENAI_API_KEY"
        autoComplete="off"
        hint="Configurations name it by this; it is no secret and stays."
      />
      <VeiledField
        label="Value"
        name="value"
        required
        minLength={4}
        hint="Sealed before it is stored. Nothing shows it again, not even to you."
      />
      <TextField label="What it is for" name="description" maxLength={2_000} />
    </Form>
  )
}

export function Rotate({ secret, isOpen, onClose }: DialogProps & { secret: Secret }) {
  return (
    <Dialog title={`New value of ${secret.name}`} isOpen={isOpen} onClose={onClose}>
      <RotateForm secret={secret} onClose={onClose} />
    </Dialog>
  )
}

function RotateForm({ secret, onClose }: { secret: Secret; onClose(): void }) {
  const tell = useTell()
  const rotate = useCommand('secrets.rotate', {
    onDone: ({ name, currentVersion }) => {
      tell.done(`${name} is at version ${currentVersion}`)
      onClose()
    },
  })
  return (
    <Form
      submit="Rotate"
      isRunning={rotate.isRunning}
      error={rotate.error}
      onSubmit={(fields) => rotate.run({ secretId: secret.id, value: fields.raw('value') })}
    >
      <VeiledField
        label="Value"
        name="value"
        required
        minLength={4}
        hint="The next run gets it. What runs now keeps what it has, and the values before stay until they are destroyed."
      />
    </Form>
  )
}

export function Bind({ secret, isOpen, onClose }: DialogProps & { secret: Secret }) {
  return (
    <Dialog title={`Bind ${secret.name}`} isOpen={isOpen} onClose={onClose}>
      <BindForm secret={secret} onClose={onClose} />
    </Dialog>
  )
}

function BindForm({ secret, onClose }: { secret: Secret; onClose(): void }) {
  const { companyId } = useEngine()
  const { items: agents } = useList('agents.list', { companyId })
  const { items: projects } = useList('projects.list', { companyId })
  const bind = useCommand('secrets.bind', { onDone: onClose })
  const submit = (fields: Fields) => {
    const [kind = '', id = ''] = fields.text('target').split(':')
    const target = kind === 'agent' ? { agentId: id } : kind === 'project' ? { projectId: id } : ('company' as const)
    bind.run({ secretId: secret.id, target, as: fields.text('as') })
  }
  return (
    <Form submit="Bind" isRunning={bind.isRunning} error={bind.error} onSubmit={submit}>
      <SelectField
        label="Whose programs get it"
        name="target"
        options={[
          ['company', 'All of the company'],
          ...agents.filter(({ status }) => status !== 'terminated').map(({ id, name }) => [`agent:${id}`, `The agent ${name}`] as const),
          ...projects.map(({ id, name }) => [`project:${id}`, `Tasks of the project ${name}`] as const),
        ]}
      />
      <TextField label="As the variable" name="as" required defaultValue={secret.name} pattern="[A-Za-z_][A-Za-z0-9_]{0,127}" />
    </Form>
  )
}
