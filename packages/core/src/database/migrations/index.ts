import type { Migration } from '../migrate.ts'
import { migration0001 } from './0001-walking-skeleton.ts'
import { migration0002 } from './0002-many-processes.ts'
import { migration0003 } from './0003-recognized-instance.ts'
import { migration0004 } from './0004-people-and-plans.ts'
import { migration0005 } from './0005-governed-work.ts'
import { migration0006 } from './0006-questions-to-people.ts'
import { migration0007 } from './0007-secrets.ts'
import { migration0008 } from './0008-knowledge.ts'
import { migration0009 } from './0009-routines.ts'
import { migration0010 } from './0010-preferences.ts'
import { migration0011 } from './0011-sealed-events.ts'
import { migration0012 } from './0012-sessions-and-origins.ts'
import { migration0013 } from './0013-provider-breakers.ts'
import { migration0014 } from './0014-workers.ts'
import { migration0015 } from './0015-costs-of-agents.ts'
import { migration0016 } from './0016-nodes.ts'
import { migration0017 } from './0017-budgets.ts'
import { migration0018 } from './0018-costs.ts'
import { migration0019 } from './0019-prices.ts'
import { migration0020 } from './0020-routes.ts'
import { migration0021 } from './0021-accounts.ts'
import { migration0022 } from './0022-digests.ts'
import { migration0023 } from './0023-plugins.ts'
import { migration0024 } from './0024-plugin-secrets-and-tasks-of-runs.ts'
import { migration0026 } from './0026-outbox.ts'
import { migration0027 } from './0027-old-entries-of-accounts.ts'
import { migration0032 } from './0032-links-that-others-imply.ts'
import { migration0035 } from './0035-schedules-of-agents.ts'
import { migration0036 } from './0036-callbacks-of-runs.ts'
import { migration0037 } from './0037-prices-that-nobody-knew.ts'
import { migration0038 } from './0038-codes-of-errors-of-agents.ts'
import { migration0039 } from './0039-claims-of-plugins.ts'

/** Every migration in order. Released ones are never edited: their checksums are in people's databases. */
export const migrations: readonly Migration[] = [
  migration0001,
  migration0002,
  migration0003,
  migration0004,
  migration0005,
  migration0006,
  migration0007,
  migration0008,
  migration0009,
  migration0010,
  migration0011,
  migration0012,
  migration0013,
  migration0014,
  migration0015,
  migration0016,
  migration0017,
  migration0018,
  migration0019,
  migration0020,
  migration0021,
  migration0022,
  migration0023,
  migration0024,
  migration0026,
  migration0027,
  migration0032,
  migration0035,
  migration0036,
  migration0037,
  migration0038,
  migration0039,
]
