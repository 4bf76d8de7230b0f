import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { useCommand } from '../../data/use-operation.ts'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, TextField, Tick } from '../../parts/form.tsx'
import { useHost } from '../../parts/host.tsx'
import { OnceDialog } from '../../parts/shown-once.tsx'

const yearMs = 365 * 86_400_000

/** A key for another machine, and what to start there with it. */
export function NewNodeKey({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const { url } = useHost()
  const queries = useQueryClient()
  const [made, setMade] = useState<{ readonly name: string; readonly key: string } | null>(null)
  const create = useCommand('nodes.createKey', {
    onDone({ name, key }) {
      onClose()
      void queries.invalidateQueries({ queryKey: ['engine', 'nodes.listKeys'] })
      setMade({ name, key })
    },
  })
  const send = (fields: Fields) =>
    create.run({
      name: fields.text('name'),
      ...(fields.isTicked('ends') && { expiresAt: new Date(Date.now() + yearMs).toISOString() }),
    })
  return (
    <>
      <DialogForm
        title="Add a node"
        isOpen={isOpen}
        onClose={onClose}
        submit="Make its key"
        isRunning={create.isRunning}
        error={create.error}
        onSubmit={send}
      >
        <p className="eng-soft">
          A machine that has the key is given work of all companies, with the secrets that it needs. Make one for each machine.
        </p>
        <TextField label="Name of the machine" name="name" required maxLength={200} autoComplete="off" />
        <Tick label="Registers nothing after a year" name="ends" isTicked />
      </DialogForm>
      <OnceDialog title={`The key of ${made?.name ?? 'the node'}`} value={made?.key ?? null} onClose={() => setMade(null)}>
        <p>Keep it on that machine, in the variable ENGINE_NODE_KEY, and start there what executes runs:</p>
        <code className="eng-mono">engine worker --server {url ?? 'the address of this server'}</code>
        <p>The key is not shown again. What agents may start there is said on that machine, by --allow-program.</p>
      </OnceDialog>
    </>
  )
}
