import type { Company } from '@engine/core/contract'

import { useEngine, useMay } from '../../data/provider.tsx'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { PluginSlot } from '../../frames/plugin-slot.tsx'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, LongField, TextField, Tick } from '../../parts/form.tsx'
import { useHost } from '../../parts/host.tsx'
import { Card, Screen } from '../../parts/screen.tsx'
import { Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { WhoMay } from '../../parts/who-may.tsx'
import { Account } from './account.tsx'
import { Appearance } from './appearance.tsx'
import { Labels } from './labels.tsx'
import { Package } from './package.tsx'

/** What the company is called and may, what it can be taken away as, and what is only about who looks at it. */
export function Settings() {
  const { companyId } = useEngine()
  const may = useMay()
  const { account } = useHost()
  const reading = useOperation('companies.get', { companyId })
  return (
    <Screen title="Settings" isPadded>
      <Read of={reading}>
        {(company) => (
          <div className="eng-stack eng-narrow-column">
            <Profile key={company.version} company={company} />
            <State company={company} />
            {company.status !== 'archived' && <Labels />}
            {may('companies.export') && <Package company={company} />}
            <PluginSlot slot="settings" />
            <Appearance company={company} />
            {account && <Account name={account.name} onLogOut={account.logOut} />}
          </div>
        )}
      </Read>
    </Screen>
  )
}

function Profile({ company }: { company: Company }) {
  const tell = useTell()
  const update = useCommand('companies.update', { onDone: () => tell.done('It is saved') })
  const { id: companyId, version, name, description, brandColor, status } = company
  if (status === 'archived') return null
  const send = (fields: Fields) => {
    const color = fields.text('brandColor')
    update.run({
      companyId,
      version,
      name: fields.text('name'),
      description: fields.text('description') || null,
      brandColor: !fields.isTicked('hasColor') ? null : color,
      requiresHireApproval: fields.isTicked('hires'),
      requiresStrategyApproval: fields.isTicked('strategy'),
    })
  }
  return (
    <Card title="Company" aside={<code className="eng-soft eng-mono">{company.taskPrefix}</code>}>
      <div className="eng-card-body">
        <Form does="companies.update" submit="Save" isRunning={update.isRunning} error={update.error} onSubmit={send}>
          <TextField label="Name" name="name" required maxLength={200} defaultValue={name} />
          <LongField label="What it does" hint="Agents read it with every task." name="description" defaultValue={description ?? ''} />
          <div className="eng-row">
            <Tick label="Its own color" name="hasColor" isTicked={brandColor !== null} />
            <input type="color" name="brandColor" aria-label="Color" defaultValue={brandColor ?? '#3451c7'} />
          </div>
          <Tick label="Hires wait for an approval" name="hires" isTicked={company.requiresHireApproval} />
          <Tick label="Nothing starts before a strategy is approved" name="strategy" isTicked={company.requiresStrategyApproval} />
        </Form>
      </div>
    </Card>
  )
}

function State({ company }: { company: Company }) {
  const { id: companyId, name, status } = company
  const may = useMay()
  const tell = useTell()
  const told = { onFailed: tell.failed }
  const pause = useCommand('companies.pause', { ...told, onDone: () => tell.done('Nothing new starts') })
  const resume = useCommand('companies.resume', { ...told, onDone: () => tell.done('Work goes on') })
  const archive = useCommand('companies.archive', { ...told, onDone: () => tell.done(`${name} is archived`) })
  return (
    <Card title="State" aside={<Status of={status} />}>
      <div className="eng-card-body eng-stack">
        <p className="eng-soft">{inWords(company)}</p>
        {status !== 'archived' && <WhoMay does="companies.pause" what="pause or archive it" />}
        {status !== 'archived' && may('companies.pause') && (
          <div className="eng-row eng-row-wrap">
            {status === 'active' ? (
              <>
                <Button does="companies.pause" disabled={pause.isRunning} onClick={() => pause.run({ companyId })}>
                  Pause the company
                </Button>
                <ConfirmButton
                  does="companies.pause"
                  act="Stop everything"
                  title={`Stop everything in ${name}`}
                  isRunning={pause.isRunning}
                  onAct={() => pause.run({ companyId, stopRuns: true })}
                >
                  <p>What runs is cancelled now, its tasks go back to todo, and nothing new starts until the company is resumed.</p>
                </ConfirmButton>
              </>
            ) : (
              <Button does="companies.resume" look="strong" disabled={resume.isRunning} onClick={() => resume.run({ companyId })}>
                Resume the company
              </Button>
            )}
            <ConfirmButton
              does="companies.archive"
              act="Archive"
              title={`Archive ${name}`}
              word={company.taskPrefix}
              isRunning={archive.isRunning}
              onAct={() => archive.run({ companyId })}
            >
              <p className="eng-strong">Nothing brings it back.</p>
              <p>Runs are cancelled, nothing starts any more, and all of it can only be read and exported.</p>
            </ConfirmButton>
          </div>
        )}
      </div>
    </Card>
  )
}

function inWords({ status, pauseReason }: Company): string {
  if (status === 'archived') return 'It can be read and exported, and nothing in it changes any more.'
  if (status === 'paused') return `Nothing new starts${pauseReason === null ? '' : `: ${pauseReason}`}.`
  return 'Work goes on. Paused, nothing new starts, and what runs ends by itself.'
}
