import { useRef, useState } from 'react'

import { EngineError } from '@engine/client'
import type { KnowledgeEntry } from '@engine/core/contract'

import { useCommand } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { ChooseProject } from '../../parts/choose.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, LongField, TextField } from '../../parts/form.tsx'
import { Prose } from '../../parts/prose.tsx'

interface EntryEditorProps {
  /** The one that is changed; null for a new one. */
  readonly entry: KnowledgeEntry | null
  readonly companyId: string
  onDone(entry: KnowledgeEntry): void
}

/** Writes an entry, and shows how it will read. Who wrote in between is not overwritten unless that is said. */
export function EntryEditor({ entry, companyId, onDone }: EntryEditorProps) {
  const [body, setBody] = useState(entry?.body ?? '')
  const [isShown, setIsShown] = useState(false)
  const version = useRef(entry?.version)
  const create = useCommand('knowledge.create', { onDone })
  const update = useCommand('knowledge.update', { onDone })
  const error = create.error ?? update.error
  const submit = (fields: Fields) => {
    const given = {
      title: fields.text('title'),
      body,
      projectId: fields.maybe('project'),
      tags: fields.lines('tags').flatMap((line) =>
        line
          .split(',')
          .map((tag) => tag.trim())
          .filter(Boolean),
      ),
      source: fields.maybe('source'),
    }
    if (entry && version.current !== undefined) update.run({ knowledgeEntryId: entry.id, version: version.current, ...given })
    else create.run({ companyId, ...given })
  }
  const isOvertaken = entry !== null && EngineError.isInstance(error) && error.code === 'version_conflict'
  return (
    <Form
      submit={entry ? 'Save' : 'Write it down'}
      isRunning={create.isRunning || update.isRunning}
      error={error}
      onSubmit={submit}
      aside={
        <>
          <Button aria-pressed={isShown} onClick={() => setIsShown(!isShown)}>
            {isShown ? 'Write' : 'Preview'}
          </Button>
          {isOvertaken && (
            <Button type="submit" look="bad" onClick={() => (version.current = entry.version)}>
              Mine goes over version {entry.version}
            </Button>
          )}
        </>
      }
    >
      <TextField label="Title" name="title" required maxLength={500} defaultValue={entry?.title} />
      {isShown ? (
        <div className="eng-preview" role="region" aria-label="Preview" tabIndex={0}>
          <Prose text={body === '' ? 'Nothing is written yet.' : body} />
        </div>
      ) : (
        <LongField label="Text, in Markdown" name="body" value={body} onChange={(event) => setBody(event.target.value)} rows={12} />
      )}
      <div className="eng-row eng-row-wrap">
        <ChooseProject label="Project" name="project" none="The whole company" value={entry?.projectId ?? null} />
        <TextField label="Tags, with commas" name="tags" defaultValue={entry?.tags.join(', ')} />
      </div>
      <TextField label="Where it is from" name="source" maxLength={500} defaultValue={entry?.source ?? ''} />
    </Form>
  )
}
