import { isoTime } from '../ports/clock.ts'
import type { DatabaseFamily, ThreadAccess, ThreadConnect, ThreadConnection } from '../ports/storage.ts'
import type { RenewalTexts } from '../runs/renewal.ts'
import { askOver } from './ask.ts'
import { leaseName, type KeptLease } from './lease-name.ts'

/** Where the leases of a process are kept, and how a thread gets there. */
export type LeaseAccess =
  | { readonly kind: 'database'; readonly thread: ThreadAccess; readonly family: DatabaseFamily; readonly texts: RenewalTexts }
  /** `path` is that of a renewal, with the id of its run as `:runId`. */
  | { readonly kind: 'server'; readonly address: string; readonly path: string }

/** Renews leases, and says which were, and which are lost; of the others nothing is known. */
export interface Renewals {
  renew(leases: readonly KeptLease[]): Promise<{ readonly renewed: readonly KeptLease[]; readonly lost: readonly KeptLease[] }>
  close(): Promise<void>
}

export function openRenewals(access: LeaseAccess, leaseMs: number): Renewals {
  return access.kind === 'database' ? atDatabase(access, leaseMs) : atServer(access, leaseMs)
}

type DatabaseAccess = Extract<LeaseAccess, { kind: 'database' }>

function atDatabase({ thread, family, texts }: DatabaseAccess, leaseMs: number): Renewals {
  let connection: ThreadConnection | null = null

  /** A run that is executed again has a lease of another fence, and both may be asked about. */
  async function namesOf(query: { sql: string; parameters: readonly unknown[] }): Promise<ReadonlySet<string>> {
    connection ??= await connect(thread)
    const rows = await connection.run(query)
    return new Set(
      rows.map((row) => {
        const { run_id: runId, fence } = Object(row) as Record<string, unknown>
        return leaseName({ runId: String(runId), fence: Number(fence) })
      }),
    )
  }

  return {
    async renew(leases) {
      const named = JSON.stringify(leases.map(({ runId, fence }) => ({ run_id: runId, fence })))
      const until = family === 'postgres' ? leaseMs : isoTime(Date.now() + leaseMs)
      const renewed = await namesOf({ sql: texts.renew, parameters: [until, named] })
      const missing = leases.filter((lease) => !renewed.has(leaseName(lease)))
      const others = missing.length === 0 ? renewed : await namesOf({ sql: texts.held, parameters: [named] })
      return {
        renewed: leases.filter((lease) => renewed.has(leaseName(lease))),
        lost: missing.filter((lease) => !others.has(leaseName(lease))),
      }
    },
    close: async () => connection?.close(),
  }
}

async function connect({ module, target }: ThreadAccess): Promise<ThreadConnection> {
  // The module that the storage names for this; see StorageSession.
  const { connect: open } = (await import(module)) as { connect: ThreadConnect }
  return open(target)
}

type ServerAccess = Extract<LeaseAccess, { kind: 'server' }>

function atServer({ address, path }: ServerAccess, leaseMs: number): Renewals {
  const ask = askOver(new URL(address), { answersWithinMs: Math.ceil(leaseMs / 3) })

  async function renewOne({ runId, credential }: KeptLease): Promise<'renewed' | 'lost' | 'unknown'> {
    try {
      const at = `/api${path.replace(':runId', encodeURIComponent(runId))}`
      const { status, body } = await ask({ method: 'POST', path: at, body: {}, credential })
      if (status >= 200 && status < 300) return 'renewed'
      return status === 401 || Object(body).code === 'lease_lost' ? 'lost' : 'unknown'
    } catch {
      return 'unknown'
    }
  }

  return {
    async renew(leases) {
      const became = await Promise.all(leases.map(renewOne))
      const those = (what: string) => leases.filter((_, index) => became[index] === what)
      return { renewed: those('renewed'), lost: those('lost') }
    },
    close: async () => undefined,
  }
}
