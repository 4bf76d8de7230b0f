import type { Migration } from '../migrate.ts'
import { migration0001 } from './0001-walking-skeleton.ts'

/** Every migration in order. Released ones are never edited: their checksums are in people's databases. */
export const migrations: readonly Migration[] = [migration0001]
