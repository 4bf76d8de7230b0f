import { useQueryClient } from '@tanstack/react-query'
import { useState, type ChangeEvent } from 'react'

import { useEngine, useMay } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { DownloadButton } from '../../parts/download.tsx'
import { bytes } from '../../parts/format.ts'
import { More } from '../../parts/more.tsx'
import { Empty } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { Who } from '../../parts/who.tsx'

/** What is attached to a task, by people and by agents. */
export function Files({ taskId }: { taskId: string }) {
  const { client, live } = useEngine()
  const may = useMay()
  const queries = useQueryClient()
  const tell = useTell()
  const [isSending, setIsSending] = useState(false)
  const list = useList('attachments.list', { taskId })
  const { items, isRead } = list
  const attach = async (event: ChangeEvent<HTMLInputElement>) => {
    const input = event.currentTarget
    const [file] = input.files ?? []
    if (!file) return
    setIsSending(true)
    try {
      const type = file.type === '' ? {} : { contentType: file.type }
      await client.attachments.upload({ taskId, name: file.name, ...type, content: file })
      if (live !== 'live') await queries.invalidateQueries()
    } catch (error) {
      tell.failed(error)
    }
    // The same file again is a change too.
    input.value = ''
    setIsSending(false)
  }
  return (
    <div className="eng-stack">
      {isRead && items.length === 0 && (
        <Empty title="No files">Attach what the work needs. What agents make beside their result stands here too.</Empty>
      )}
      <ul className="eng-lines" aria-label="Files">
        {items.map(({ id, name, byteSize, author, createdAt }) => (
          <li key={id}>
            <span className="eng-grow eng-cut">{name}</span>
            <span className="eng-soft eng-small">{bytes(byteSize)}</span>
            <Who kind={author.kind} id={author.id} />
            <Time at={createdAt} />
            <DownloadButton name={name} read={() => client.attachments.content({ attachmentId: id })} />
            <Remove attachmentId={id} name={name} />
          </li>
        ))}
      </ul>
      <More of={list} />
      {may('attachments.upload') && (
        <label className="eng-field">
          <span className="eng-field-label">{isSending ? 'Sending…' : 'Attach a file'}</span>
          <input type="file" disabled={isSending} onChange={(event) => void attach(event)} />
        </label>
      )}
    </div>
  )
}

function Remove({ attachmentId, name }: { attachmentId: string; name: string }) {
  const tell = useTell()
  const [isOpen, setIsOpen] = useState(false)
  const remove = useCommand('attachments.delete', { onFailed: tell.failed, onDone: () => setIsOpen(false) })
  return (
    <>
      <Button does="attachments.delete" look="plain" onClick={() => setIsOpen(true)}>
        Remove<span className="eng-hidden"> {name}</span>
      </Button>
      <Confirm
        title={`Remove ${name}`}
        act="Remove it"
        isOpen={isOpen}
        isRunning={remove.isRunning}
        onClose={() => setIsOpen(false)}
        onAct={() => remove.run({ attachmentId })}
      >
        It is not with the task any more. Results that were submitted with it keep it.
      </Confirm>
    </>
  )
}
