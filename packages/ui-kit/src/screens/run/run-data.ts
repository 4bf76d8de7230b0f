import type { OutputOf } from '../../data/operations.ts'

export type RunData = OutputOf<'runs.get'>
