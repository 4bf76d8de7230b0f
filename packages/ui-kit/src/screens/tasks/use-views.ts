import { useEngine } from '../../data/provider.tsx'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { useTell } from '../../parts/toasts.tsx'

export interface SavedView {
  readonly name: string
  readonly choices: Readonly<Record<string, string>>
}

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

/** Whatever stands in a preference: only what is a view is one. Pure. */
export function readViews(value: unknown): readonly SavedView[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((view: unknown) => {
    if (typeof view !== 'object' || view === null || !('name' in view) || !('choices' in view)) return []
    const { name, choices } = view
    if (typeof name !== 'string' || typeof choices !== 'object' || choices === null) return []
    return [{ name, choices: Object.fromEntries(Object.entries(choices).filter(([, text]) => typeof text === 'string')) }]
  })
}
