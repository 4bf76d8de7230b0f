import type { ItemOf, OutputOf } from '../../data/operations.ts'

export type RunData = OutputOf<'runs.get'>

export type RunItem = ItemOf<'runs.list'>
