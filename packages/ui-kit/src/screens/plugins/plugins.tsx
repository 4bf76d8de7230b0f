import { useMemo, useState } from 'react'

import type { JsonObject } from '@engine/core/contract'

import { words } from '../../data/said.ts'
import type { ItemOf, OutputOf } from '../../data/operations.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm.tsx'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm } from '../../parts/form.tsx'
import { PlaceLink, useChoices } from '../../parts/places.tsx'
import { Said } from '../../parts/said.tsx'
import { Facts, Json, Screen } from '../../parts/screen.tsx'
import { ConfigFields } from '../../parts/config-fields.tsx'
import { fieldsOf, readConfig } from '../../parts/config.ts'
import { Detail, LineButton, Split } from '../../parts/split.tsx'
import { Empty, NotThere } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { Capabilities } from './capabilities.tsx'
import { Logs, Subscriptions } from './watch.tsx'

type PluginItem = ItemOf<'plugins.list'>

/** What the program can do beside what it always can: what each plugin may reach, and whether it works here. */
export function Plugins() {
  const { companyId } = useEngine()
  const [choices, choose] = useChoices()
  const reading = useList('plugins.list', { companyId })
  const items = useMemo(() => reading.items.map((item) => ({ ...item, id: item.plugin })), [reading.items])
  return (
    <Screen title="Plugins">
      <Split
        label="Plugins"
        list={{ ...reading, items }}
        opened={choices['plugin'] ?? null}
        onOpen={(plugin) => choose({ plugin: plugin ?? '' })}
        rowHeight={60}
        empty={
          <Empty title="This program has no plugins">
            A plugin adds operations, adapters, destinations and policies. Start the server with it: engine serve --plugin
            @engine/plugin-notes.
          </Empty>
        }
        row={(item) => <Row item={item} onOpen={() => choose({ plugin: item.id })} />}
        detail={(id) => <Shown key={id} item={items.find((item) => item.id === id)} />}
      />
    </Screen>
  )
}

/** A trusted plugin works in every company until somebody stops it there. */
function stateOf({ status, isActive }: PluginItem): string {
  return status ?? (isActive ? 'active' : 'not installed')
}

function Row({ item, onOpen }: { item: PluginItem; onOpen(): void }) {
  return (
    <LineButton onClick={onOpen}>
      <span className="eng-row eng-line-title">
        <span className="eng-cut eng-grow">{item.title}</span>
        <Status of={stateOf(item)} />
      </span>
      <span className="eng-cut eng-soft eng-small eng-line-title">{item.description}</span>
    </LineButton>
  )
}

function Shown({ item }: { item: PluginItem | undefined }) {
  return item ? <PluginDetail item={item} /> : <NotThere />
}

function PluginDetail({ item }: { item: PluginItem }) {
  const { pluginId } = item
  const { data: installed } = useOperation('plugins.get', pluginId === null ? null : { pluginId })
  const isIn = item.status !== null && item.status !== 'uninstalled'
  return (
    <Detail
      title={item.title}
      actions={
        <>
          <Status of={stateOf(item)} />
          <Actions item={item} config={installed?.config ?? {}} />
        </>
      }
    >
      <p>{item.description}</p>
      <Notices item={item} reason={installed?.reason ?? null} />
      <PluginFacts item={item} installed={isIn ? installed : undefined} />
      <Capabilities of={item.capabilities} hash={item.capabilitiesHash} kind={item.kind} />
      {pluginId !== null && isIn && (
        <>
          <Subscriptions pluginId={pluginId} />
          <Logs pluginId={pluginId} />
        </>
      )}
    </Detail>
  )
}

function PluginFacts({ item, installed }: { item: PluginItem; installed: OutputOf<'plugins.get'> | undefined }) {
  return (
    <Facts
      of={[
        [
          'Name',
          <code key="name" className="eng-mono">
            {item.plugin}
          </code>,
        ],
        [
          'Version',
          installed && installed.versionLabel !== item.versionLabel
            ? `${installed.versionLabel}; this program has ${item.versionLabel}`
            : item.versionLabel,
        ],
        ['Runs', item.kind === 'trusted' ? 'inside of the program' : 'in a process of its own'],
        ...(installed && item.configSchema !== null ? [['Configuration', <Json key="config" of={installed.config} />] as const] : []),
        ...(installed && installed.webhooks.length > 0
          ? [
              [
                'Webhooks',
                installed.webhooks.map(({ path }) => (
                  <code key={path} className="eng-mono eng-block">
                    {path}
                  </code>
                )),
              ] as const,
            ]
          : []),
        ...(item.ui.length > 0 ? [['On the board', item.ui.map(({ title, slot }) => `${title} (${slot})`).join(', ')] as const] : []),
      ]}
    />
  )
}

function Notices({ item, reason }: { item: PluginItem; reason: string | null }) {
  if (item.status === 'installed')
    return (
      <div className="eng-notice" data-tone="warn">
        <p className="eng-strong">It waits for somebody to approve what it may reach</p>
        <PlaceLink to={{ screen: 'approvals' }} className="eng-link">
          Look at the approval
        </PlaceLink>
      </div>
    )
  if (item.status !== 'error' && item.status !== 'quarantined') return null
  return (
    <div className="eng-notice">
      <p className="eng-strong">{item.status === 'error' ? 'It failed' : 'It was stopped, since it failed again and again'}</p>
      {reason !== null && (
        <p>
          <Said text={reason} />
        </p>
      )}
      <p>Its operations are refused until it is enabled again; what its policies guard is refused until it is disabled.</p>
    </div>
  )
}

function Actions({ item, config }: { item: PluginItem; config: JsonObject }) {
  const { pluginId, status, title } = item
  const tell = useTell()
  const [isOpen, setIsOpen] = useState(false)
  const told = { onFailed: tell.failed }
  const enable = useCommand('plugins.enable', { ...told, onDone: () => tell.done(`${title} works again`) })
  const disable = useCommand('plugins.disable', { ...told, onDone: () => tell.done(`${title} is stopped`) })
  const uninstall = useCommand('plugins.uninstall', { ...told, onDone: () => tell.done(`${title} is uninstalled; what it wrote stays`) })
  const isIn = pluginId !== null && status !== null && status !== 'uninstalled'
  const settings = <Configure item={item} config={config} isIn={isIn} isOpen={isOpen} onClose={() => setIsOpen(false)} />
  if (!isIn)
    return (
      <>
        <Button does="plugins.install" look="strong" onClick={() => setIsOpen(true)}>
          Install
        </Button>
        {settings}
      </>
    )
  const isRunning = enable.isRunning || disable.isRunning || uninstall.isRunning
  return (
    <>
      {item.configSchema !== null && (
        <Button does="plugins.configure" onClick={() => setIsOpen(true)}>
          Configure
        </Button>
      )}
      {status === 'ready' || status === 'installed' || status === 'error' || status === 'quarantined'
        ? status !== 'installed' && (
            <Button does="plugins.disable" disabled={isRunning} onClick={() => disable.run({ pluginId })}>
              Disable
            </Button>
          )
        : null}
      {(status === 'disabled' || status === 'error' || status === 'quarantined') && (
        <Button does="plugins.enable" look="strong" disabled={isRunning} onClick={() => enable.run({ pluginId })}>
          Enable
        </Button>
      )}
      <ConfirmButton
        does="plugins.uninstall"
        act="Uninstall"
        title={`Uninstall ${title}`}
        isRunning={isRunning}
        onAct={() => uninstall.run({ pluginId })}
      >
        <p>
          Its configuration is forgotten, and its operations are refused here. What it wrote stays, and is there when it is installed again.
        </p>
      </ConfirmButton>
      {settings}
    </>
  )
}

interface ConfigureProps {
  readonly item: PluginItem
  readonly config: JsonObject
  readonly isIn: boolean
  readonly isOpen: boolean
  onClose(): void
}

/** Installs it, or puts another configuration in place; both ask for what its schema says. */
function Configure({ item, config, isIn, isOpen, onClose }: ConfigureProps) {
  const { companyId } = useEngine()
  const tell = useTell()
  const [problem, setProblem] = useState<unknown>(null)
  const fields =
    item.configSchema === null ? [] : fieldsOf(item.configSchema, { secretFields: item.capabilities.secrets, alwaysSecret: [] })
  const onDone = ({ status }: { status: string }) => {
    onClose()
    tell.done(status === 'installed' ? `${item.title} waits for its approval` : `${item.title} is ${words(status)}`)
  }
  const install = useCommand('plugins.install', { onDone })
  const configure = useCommand('plugins.configure', { onDone })
  const send = (written: Fields) => {
    try {
      const next = readConfig(fields, written)
      setProblem(null)
      if (isIn && item.pluginId !== null) configure.run({ pluginId: item.pluginId, config: next })
      else install.run({ companyId, plugin: item.plugin, ...(item.configSchema !== null && { config: next }) })
    } catch (error) {
      setProblem(error)
    }
  }
  return (
    <DialogForm
      title={isIn ? `Configure ${item.title}` : `Install ${item.title}`}
      isOpen={isOpen}
      onClose={onClose}
      submit={isIn ? 'Put it in place' : 'Install'}
      isRunning={install.isRunning || configure.isRunning}
      error={problem ?? install.error ?? configure.error}
      onSubmit={send}
    >
      {item.kind === 'isolated' && !isIn && <Capabilities of={item.capabilities} hash={item.capabilitiesHash} kind={item.kind} />}
      <ConfigFields fields={fields} config={config} />
    </DialogForm>
  )
}
