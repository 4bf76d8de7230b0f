import type { Migration } from '../migrate.ts'
import { migration0001 } from './0001-walking-skeleton.ts'
import { migration0002 } from './0002-many-processes.ts'
import { migration0003 } from './0003-recognized-instance.ts'
import { migration0004 } from './0004-people-and-plans.ts'
import { migration0005 } from './0005-governed-work.ts'

/** Every migration in order. Released ones are never edited: their checksums are in people's databases. */
export const migrations: readonly Migration[] = [migration0001, migration0002, migration0003, migration0004, migration0005]
