import { useQueryClient } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useState } from 'react'

import type { Company } from '@engine/core/contract'

import type { OperationName, OutputOf } from '../../data/operations.ts'
import { useMay } from '../../data/provider.tsx'
import { useCommand } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, SelectField, TextField } from '../../parts/form.tsx'
import { save } from '../../parts/save.ts'
import { Card } from '../../parts/screen.tsx'
import { FailureNotice } from '../../parts/states.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { readPackage, writePackageFile, type PackageFiles } from './package-file.ts'

type Preview = OutputOf<'companies.previewImport'>
type Taken = Omit<OutputOf<'companies.export'>, 'files'>

/** The company as files that people read: taken away, and brought in again here or as another company. */
export function Package({ company }: { company: Company }) {
  const may = useMay()
  const tell = useTell()
  const [{ leftOut: left, importRefusal }, setTaken] = useState<Taken>({ leftOut: [], importRefusal: null })
  const take = useCommand('companies.export', {
    onFailed: tell.failed,
    onDone({ files, ...taken }) {
      save(`${company.taskPrefix.toLowerCase()}-package.json`, new Blob([writePackageFile(files)], { type: 'application/json' }))
      setTaken(taken)
    },
  })
  return (
    <Card title="Package">
      <div className="eng-card-body eng-stack">
        <p className="eng-soft">
          Goals, agents, projects, routines, open tasks and what agents read, without secrets and history. Import it here, or in any other
          Engine.
        </p>
        <div>
          <Button does="companies.export" disabled={take.isRunning} onClick={() => take.run({ companyId: company.id })}>
            <Download size={15} aria-hidden /> Export
          </Button>
        </div>
        {importRefusal !== null && <p role="status">It can not be imported again as it is. {importRefusal}</p>}
        {left.length > 0 && (
          <details>
            <summary className="eng-soft">{left.length} things are not in it</summary>
            <ul className="eng-stack eng-stack-tight">
              {left.map(({ what, why }) => (
                <li key={what}>
                  {what}: <span className="eng-soft">{why}</span>
                </li>
              ))}
            </ul>
          </details>
        )}
        {company.status !== 'archived' && may('companies.previewMerge') && <Import company={company} />}
      </div>
    </Card>
  )
}

interface Wanted {
  readonly files: PackageFiles
  readonly isNew: boolean
  readonly collisions: (typeof collisionNames)[number]
}

const collisionNames = ['skip', 'rename', 'replace'] as const

/** Shows what would be done before it is; what is done then is that, or nothing. */
function Import({ company }: { company: Company }) {
  const queries = useQueryClient()
  const tell = useTell()
  const [wanted, setWanted] = useState<Wanted | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const previewNew = useCommand('companies.previewImport')
  const preview = useCommand('companies.previewMerge')
  const done = ({ name, items }: OutputOf<'companies.import'>) => {
    setWanted(null)
    tell.done(`${items.length} things are in ${name} now`)
    // A company that is new here has no stream that would tell of it.
    void queries.invalidateQueries()
  }
  const create = useCommand('companies.import', { onFailed: tell.failed, onDone: done })
  const merge = useCommand('companies.merge', { onFailed: tell.failed, onDone: done })
  const look = async (fields: Fields) => {
    try {
      const next: Wanted = {
        files: readPackage(await textsOf(fields.files('files'))),
        isNew: fields.text('into') === 'new',
        collisions: collisionNames.find((each) => each === fields.text('collisions')) ?? 'skip',
      }
      setProblem(null)
      setWanted(next)
      if (next.isNew) previewNew.run({ files: next.files })
      else preview.run({ companyId: company.id, files: next.files, collisions: next.collisions })
    } catch (error) {
      setProblem(error)
    }
  }
  const shown = wanted === null ? undefined : wanted.isNew ? previewNew.output : preview.output
  const bringIn = ({ hash }: Preview) => {
    if (wanted === null) return
    const { files, isNew, collisions } = wanted
    if (isNew) create.run({ files, hash })
    else merge.run({ companyId: company.id, files, collisions, hash })
  }
  return (
    <>
      <Form
        submit="Show what it would do"
        isRunning={preview.isRunning || previewNew.isRunning}
        error={problem ?? preview.error ?? previewNew.error}
        onSubmit={(fields) => void look(fields)}
      >
        <ImportChoices />
      </Form>
      {shown && (
        <Plan
          of={shown}
          does={wanted?.isNew ? 'companies.import' : 'companies.merge'}
          isRunning={create.isRunning || merge.isRunning}
          onImport={() => bringIn(shown)}
        />
      )}
      {(create.error ?? merge.error) && <FailureNotice error={create.error ?? merge.error} />}
    </>
  )
}

function ImportChoices() {
  const may = useMay()
  return (
    <>
      <TextField label="Import" type="file" name="files" accept=".json,.md,.yaml,.yml" multiple required />
      <div className="eng-row eng-row-wrap">
        <SelectField
          label="Into"
          name="into"
          options={[['here', 'this company'], ...(may('companies.previewImport') ? [['new', 'a new company'] as const] : [])]}
        />
        <SelectField
          label="What is here of the same name"
          name="collisions"
          options={[
            ['skip', 'stays as it is'],
            ['rename', 'stays, and another one is made'],
            ['replace', 'is replaced'],
          ]}
        />
      </div>
    </>
  )
}

async function textsOf(files: readonly File[]): Promise<{ path: string; text: string }[]> {
  return Promise.all(files.map(async (file) => ({ path: file.webkitRelativePath || file.name, text: await file.text() })))
}

interface PlanProps {
  readonly of: Preview
  readonly does: OperationName
  readonly isRunning: boolean
  onImport(): void
}

function Plan({ of: { name, items, needs }, does, isRunning, onImport }: PlanProps) {
  const unknown = needs.adapters.filter(({ isKnown }) => !isKnown)
  return (
    <section className="eng-stack" aria-label="What the import would do">
      <h3>{name}</h3>
      <ul className="eng-lines eng-quoted">
        {items.map((item) => (
          <li key={`${item.kind} ${item.slug}`} className="eng-row eng-line">
            <span className="eng-soft">{item.action}</span>
            <span className="eng-grow eng-cut">{item.name}</span>
            <span className="eng-soft eng-small">{item.kind}</span>
          </li>
        ))}
      </ul>
      {needs.secrets.length > 0 && <p>These secrets have to be made: {needs.secrets.join(', ')}.</p>}
      {unknown.map(({ agent, adapterType }) => (
        <p key={agent} className="eng-bad">
          {agent} needs the adapter {adapterType}, which this server does not have.
        </p>
      ))}
      <div>
        <Button does={does} look="strong" disabled={isRunning} onClick={onImport}>
          Import {items.filter(({ action }) => action !== 'skip').length} things
        </Button>
      </div>
    </section>
  )
}
