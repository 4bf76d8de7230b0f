import { Download as Icon } from 'lucide-react'
import { useState } from 'react'

import type { Download } from '@engine/client'

import { Button } from './button.tsx'
import { useTell } from './toasts.tsx'

/** Saves a file under its name. It is fetched as everything else is, so it needs no session of its own. */
export function DownloadButton({ name, read }: { name: string; read(): Promise<Download> }) {
  const tell = useTell()
  const [isReading, setIsReading] = useState(false)
  const save = async () => {
    setIsReading(true)
    try {
      const { content } = await read()
      offer(name, await new Response(content).blob())
    } catch (error) {
      tell.failed(error)
    }
    setIsReading(false)
  }
  return (
    <Button look="plain" disabled={isReading} onClick={() => void save()}>
      <Icon size={14} aria-hidden /> Save<span className="eng-hidden"> {name}</span>
    </Button>
  )
}

/** Whatever its type, it is saved and never opened. */
function offer(name: string, blob: Blob): void {
  const href = URL.createObjectURL(new Blob([blob], { type: 'application/octet-stream' }))
  const link = Object.assign(document.createElement('a'), { href, download: name })
  link.click()
  URL.revokeObjectURL(href)
}
