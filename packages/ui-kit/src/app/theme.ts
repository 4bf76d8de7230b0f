import { useEffect, useState } from 'react'

import type { Theme } from '../parts/root.tsx'

const key = 'engine.theme'
const themes = ['system', 'light', 'dark'] as const satisfies readonly Theme[]

/** Light or dark, as this browser was told last. */
export function useTheme(): { readonly theme: Theme; next(): void; set(theme: Theme): void } {
  const [theme, setTheme] = useState(() => themes.find((each) => each === localStorage.getItem(key)) ?? 'system')
  useEffect(() => localStorage.setItem(key, theme), [theme])
  const next = () => setTheme((now) => themes[(themes.indexOf(now) + 1) % themes.length] ?? 'system')
  return { theme, next, set: setTheme }
}
