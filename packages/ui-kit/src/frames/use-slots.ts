import type { PluginSlot, PluginSlotName } from '@engine/core/contract'

import { useEngine } from '../data/provider.tsx'
import { useOperation } from '../data/use-operation.ts'

interface Slots {
  readonly items: readonly PluginSlot[]
  retry(): void
}

/** What plugins show at one place in this company; nothing while that is not known. */
export function useSlots(place: PluginSlotName): Slots {
  const { companyId } = useEngine()
  const { data, retry } = useOperation('plugins.slots', { companyId })
  return { items: (data?.items ?? []).filter(({ slot }) => slot === place), retry }
}
