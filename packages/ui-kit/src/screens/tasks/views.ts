export interface SavedView {
  readonly name: string
  readonly choices: Readonly<Record<string, string>>
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
