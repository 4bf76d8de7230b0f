/** What a person is in a company, from the least rights to the most. */
export type Role = 'viewer' | 'reviewer' | 'operator' | 'admin' | 'owner'

/**
 * Who may do what (DOMAIN §5): one table that the kernel enforces and the docs print.
 * `own` limits an agent to itself or its task, and a run to the task of its lease.
 */
export interface Permission {
  /** The least role that a person needs. */
  readonly user: Role | 'never'
  readonly agent: 'yes' | 'own' | 'never'
  readonly run: 'yes' | 'own' | 'never'
  /** Left out: never. */
  readonly node?: 'yes'
}

export const permissions = {
  'companies:create': { user: 'owner', agent: 'never', run: 'never' },
  'companies:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'companies:manage': { user: 'admin', agent: 'never', run: 'never' },
  'members:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'members:own': { user: 'viewer', agent: 'never', run: 'never' },
  'members:manage': { user: 'admin', agent: 'never', run: 'never' },
  // Also for somebody who is not known here yet: the token of the invitation is what counts.
  'invites:accept': { user: 'viewer', agent: 'never', run: 'never' },
  // Also for whoever is not known here yet: a password, or the token of a link, is what counts.
  'accounts:enter': { user: 'viewer', agent: 'never', run: 'never' },
  'accounts:own': { user: 'viewer', agent: 'never', run: 'never' },
  // Of the installation, not of a company.
  'accounts:manage': { user: 'admin', agent: 'never', run: 'never' },
  'accounts:govern': { user: 'owner', agent: 'never', run: 'never' },
  'keys:manage': { user: 'admin', agent: 'never', run: 'never' },
  'keys:own': { user: 'viewer', agent: 'never', run: 'never' },
  'goals:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'goals:manage': { user: 'operator', agent: 'never', run: 'never' },
  'projects:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'projects:manage': { user: 'operator', agent: 'never', run: 'never' },
  'agents:self': { user: 'never', agent: 'yes', run: 'yes' },
  'agents:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'agents:pause': { user: 'operator', agent: 'never', run: 'never' },
  'agents:manage': { user: 'admin', agent: 'never', run: 'never' },
  'tasks:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'tasks:create': { user: 'operator', agent: 'yes', run: 'yes' },
  'tasks:plan': { user: 'operator', agent: 'never', run: 'never' },
  'routing:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'routing:manage': { user: 'admin', agent: 'never', run: 'never' },
  'tasks:checkout': { user: 'operator', agent: 'yes', run: 'own' },
  'tasks:work': { user: 'operator', agent: 'never', run: 'own' },
  'comments:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'comments:create': { user: 'reviewer', agent: 'yes', run: 'yes' },
  'documents:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'documents:write': { user: 'operator', agent: 'own', run: 'own' },
  'attachments:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'attachments:write': { user: 'operator', agent: 'own', run: 'own' },
  'deliverables:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'deliverables:submit': { user: 'operator', agent: 'own', run: 'own' },
  'deliverables:review': { user: 'reviewer', agent: 'never', run: 'never' },
  'approvals:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'approvals:request': { user: 'operator', agent: 'yes', run: 'yes' },
  'approvals:decide': { user: 'reviewer', agent: 'never', run: 'never' },
  'budgets:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  // Of agents only a manager, for those below it: the command looks.
  'budgets:manage': { user: 'admin', agent: 'yes', run: 'never' },
  'interactions:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'interactions:ask': { user: 'operator', agent: 'own', run: 'own' },
  'interactions:answer': { user: 'reviewer', agent: 'never', run: 'never' },
  'costs:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  // Of its own task only; whose a cost is, it says itself (costs/links.ts).
  'costs:report': { user: 'operator', agent: 'yes', run: 'yes' },
  'secrets:read': { user: 'admin', agent: 'never', run: 'never' },
  'secrets:manage': { user: 'admin', agent: 'never', run: 'never' },
  'knowledge:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'knowledge:write': { user: 'operator', agent: 'never', run: 'never' },
  'routines:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'routines:manage': { user: 'admin', agent: 'never', run: 'never' },
  'routines:fire': { user: 'operator', agent: 'never', run: 'never' },
  // Also for whoever is not known here: the signature of the delivery is what counts.
  'routines:receive': { user: 'viewer', agent: 'never', run: 'never' },
  // What was answered, and where things go, may be as confidential as a secret.
  'routes:read': { user: 'admin', agent: 'never', run: 'never' },
  'routes:manage': { user: 'admin', agent: 'never', run: 'never' },
  'plugins:manage': { user: 'admin', agent: 'never', run: 'never' },
  // Also for whoever is not known here: what the plugin makes of the request is what counts.
  'plugins:receive': { user: 'viewer', agent: 'never', run: 'never' },
  'preferences:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'preferences:own': { user: 'viewer', agent: 'never', run: 'never' },
  'preferences:manage': { user: 'admin', agent: 'never', run: 'never' },
  'prices:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'prices:manage': { user: 'admin', agent: 'never', run: 'never' },
  'audit:read': { user: 'admin', agent: 'never', run: 'never' },
  'runs:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  'runs:control': { user: 'operator', agent: 'never', run: 'never' },
  // Also for whoever is not known here: what the adapter of the run makes of the signature is what counts.
  'runs:receive': { user: 'viewer', agent: 'never', run: 'never' },
  'runs:work': { user: 'never', agent: 'never', run: 'own' },
  'events:read': { user: 'viewer', agent: 'yes', run: 'yes' },
  // Of the installation, not of a company: for people who have that role everywhere.
  'workers:read': { user: 'operator', agent: 'never', run: 'never' },
  'workers:manage': { user: 'admin', agent: 'never', run: 'never' },
  // Also for whoever is not known here: the registration key is what counts.
  'nodes:register': { user: 'viewer', agent: 'never', run: 'never' },
  'nodes:work': { user: 'never', agent: 'never', run: 'never', node: 'yes' },
  'engine:internal': { user: 'never', agent: 'never', run: 'never' },
} as const satisfies Record<string, Permission>

export type Scope = keyof typeof permissions

const ranks: Record<Role, number> = { viewer: 0, reviewer: 1, operator: 2, admin: 3, owner: 4 }

export const roleNames = Object.keys(ranks)

export function isRole(value: unknown): value is Role {
  return typeof value === 'string' && Object.hasOwn(ranks, value)
}

export function roleReaches(role: Role, least: Role): boolean {
  return ranks[role] >= ranks[least]
}
