import { useState } from 'react'

import type { Secret } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { controls } from '../../data/said.ts'
import { useList } from '../../data/use-operation.ts'
import { Collection } from '../../parts/collection.tsx'
import { PlaceLink, useOpened, usePlaces, type Place } from '../../parts/places.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { NewSecret } from './dialogs.tsx'
import { SecretDetail } from './secret-detail.tsx'

const placeOf = (id: string | null): Place => (id === null ? { screen: 'secrets' } : { screen: 'secret', secretId: id })

/** What agents may use and nobody may read: names, versions and where they go. */
export function Secrets({ secretId = null }: { secretId?: string | null }) {
  const { companyId } = useEngine()
  const [opened, open] = useOpened(secretId, placeOf)
  const { go } = usePlaces()
  const list = useList('secrets.list', { companyId })
  const [isNew, setIsNew] = useState(false)
  return (
    <Collection
      does="secrets.create"
      title="Secrets"
      add={controls['secrets.create']}
      onAdd={() => setIsNew(true)}
      list={list}
      opened={opened}
      onOpen={open}
      rowHeight={48}
      row={(secret) => <Row secret={secret} />}
      detail={(id) => <SecretDetail key={id} secretId={id} onGone={() => go(placeOf(null), 'replace')} />}
      empty={
        <Empty title="No secret is kept yet">
          Keep a key of a provider here and bind it to an agent: its programs find it in their environment, and nobody reads it again.
        </Empty>
      }
    >
      <NewSecret isOpen={isNew} onClose={() => setIsNew(false)} onDone={({ id }) => go(placeOf(id))} />
    </Collection>
  )
}

function Row({ secret: { id, name, status, currentVersion, updatedAt } }: { secret: Secret }) {
  return (
    <>
      <Status of={status} isBare />
      <PlaceLink to={{ screen: 'secret', secretId: id }} className="eng-grow eng-cut eng-mono">
        {name}
      </PlaceLink>
      <span className="eng-soft eng-small eng-nowrap">version {currentVersion}</span>
      <Time at={updatedAt} />
    </>
  )
}
