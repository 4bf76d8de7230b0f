import { Card, Screen } from '../parts/screen.tsx'
import { Empty } from '../parts/states.tsx'
import { PluginFrame } from './plugin-frame.tsx'
import { useSlots } from './use-slots.ts'

type PluginSlotProps =
  | { readonly slot: 'task'; readonly taskId: string }
  | { readonly slot: 'agent'; readonly agentId: string }
  | { readonly slot: 'dashboard' | 'settings' }

/**
 * What plugins show at a place, one card each; nothing where none does. `HostProvider` says by `url` where the server is that has
 * their pages, which has to be of the same origin as the page around.
 */
export function PluginSlot(props: PluginSlotProps) {
  const { slot, ...beside } = props
  const { items, retry } = useSlots(slot)
  return items.map((item) => (
    <Card key={item.plugin} title={item.title}>
      <PluginFrame slot={item} {...beside} onRetry={retry} />
    </Card>
  ))
}

/** The screen that a plugin has for itself. */
export function PluginPage({ plugin }: { plugin: string }) {
  const { items, retry } = useSlots('page')
  const item = items.find((each) => each.plugin === plugin)
  if (!item)
    return (
      <Screen title="Plugin" isPadded>
        <Empty title="Nothing is shown here">The plugin {plugin} has no page in this company, or does not work in it.</Empty>
      </Screen>
    )
  return (
    <Screen title={item.title}>
      <PluginFrame slot={item} isFilling onRetry={retry} />
    </Screen>
  )
}
