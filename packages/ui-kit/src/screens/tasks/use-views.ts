import { useEngine } from '../../data/provider.tsx'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { useTell } from '../../parts/toasts.tsx'
import { readViews, type SavedView } from './views.ts'

const key = 'board.task-views'

/** Filters that a person gave a name. */
export function useViews(): { readonly views: readonly SavedView[]; save(view: SavedView): void; remove(name: string): void } {
  const { companyId } = useEngine()
  const tell = useTell()
  const { data } = useOperation('preferences.list', { companyId, scope: 'user', limit: 100 })
  const set = useCommand('preferences.set', { onFailed: tell.failed })
  const views = readViews(data?.items.find((preference) => preference.key === key)?.value)
  const write = (next: readonly SavedView[]) =>
    set.run({ companyId, scope: 'user', key, value: next.map(({ name, choices }) => ({ name, choices: { ...choices } })) })
  return {
    views,
    save: (view) => write([...views.filter(({ name }) => name !== view.name), view]),
    remove: (name) => write(views.filter((view) => view.name !== name)),
  }
}
