import { Button } from './button.tsx'
import { useTell } from './toasts.tsx'

/** A key that no later answer has. */
export function ShownOnce({ name, value, onDone }: { name: string; value: string; onDone(): void }) {
  const tell = useTell()
  const copy = () => void navigator.clipboard.writeText(value).then(() => tell.done('Copied'), tell.failed)
  return (
    <div className="eng-dialog-body">
      <p>Keep it where it is needed. It is shown now and never again; a lost one is replaced by another.</p>
      <output className="eng-once" aria-label={name}>
        {value}
      </output>
      <div className="eng-row">
        <Button look="strong" onClick={copy}>
          Copy
        </Button>
        <Button onClick={onDone}>I have kept it</Button>
      </div>
    </div>
  )
}
