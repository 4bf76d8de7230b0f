import { Toast } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import { useMemo, type ReactNode } from 'react'

import { explain } from '../data/failure.ts'
import { Button } from './button.tsx'
import { useFloor } from './floor.tsx'

interface Tell {
  done(title: string): void
  /** What happened, who holds it and what to do; it stays until it is read. */
  failed(error: unknown): void
}

/** Says short things beside what is shown. Components that stand in no ToastRoot say them nowhere. */
export function useTell(): Tell {
  const { add } = Toast.useToastManager()
  return useMemo(
    () => ({
      done: (title) => void add({ title, timeout: 4_000 }),
      failed(error) {
        const { title, message, facts, requestId } = explain(error)
        const more = [message, ...facts, ...(requestId !== null ? [`Request ${requestId.slice(0, 8)}`] : [])].join('\n')
        add({ title, description: more, type: 'failure', priority: 'high', timeout: 0 })
      },
    }),
    [add],
  )
}

export function ToastRoot({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider limit={4}>
      {children}
      <Toasts />
    </Toast.Provider>
  )
}

function Toasts() {
  const { toasts } = Toast.useToastManager()
  const floor = useFloor()
  return (
    <Toast.Portal container={floor}>
      <Toast.Viewport className="eng-toasts">
        {toasts.map((toast) => (
          <Toast.Root key={toast.id} toast={toast} className="eng-toast">
            <Toast.Content className="eng-stack eng-stack-tight eng-grow">
              <Toast.Title className="eng-strong" />
              <Toast.Description className="eng-toast-text" />
            </Toast.Content>
            <Toast.Close render={<Button look="plain" size="icon" aria-label="Dismiss" />}>
              <X size={14} aria-hidden />
            </Toast.Close>
          </Toast.Root>
        ))}
      </Toast.Viewport>
    </Toast.Portal>
  )
}
