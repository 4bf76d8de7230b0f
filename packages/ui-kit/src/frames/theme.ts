import type { FrameTheme } from '@engine/core/contract'

/** What pages of plugins are told of how the board looks: all that tokens.css sets. */
export const themeVariables = [
  '--eng-font',
  '--eng-mono',
  '--eng-text-s',
  '--eng-text-m',
  '--eng-text-l',
  '--eng-text-xl',
  '--eng-space-1',
  '--eng-space-2',
  '--eng-space-3',
  '--eng-space-4',
  '--eng-space-5',
  '--eng-space-6',
  '--eng-radius',
  '--eng-radius-l',
  '--eng-ground',
  '--eng-surface',
  '--eng-raised',
  '--eng-hover',
  '--eng-chosen',
  '--eng-line',
  '--eng-line-strong',
  '--eng-ink',
  '--eng-ink-soft',
  '--eng-accent',
  '--eng-on-accent',
  '--eng-good',
  '--eng-warn',
  '--eng-bad',
  '--eng-good-soft',
  '--eng-warn-soft',
  '--eng-bad-soft',
  '--eng-accent-soft',
  '--eng-shadow',
  '--eng-shadow-l',
] as const

/** How an element looks: its variables as a host may have set them anew, and which of the two schemes it has. */
export function themeOf(element: Element): FrameTheme {
  const style = getComputedStyle(element)
  const root = element.closest('.eng-root')?.getAttribute('data-theme')
  const scheme = root === 'light' || root === 'dark' ? root : matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  return { scheme, variables: Object.fromEntries(themeVariables.map((name) => [name, style.getPropertyValue(name).trim()])) }
}

/** Tells when an element may look another way: the theme was chosen anew, here or in the system. @returns what ends it */
export function onThemeChange(element: Element, listener: () => void): () => void {
  const root = element.closest('.eng-root')
  const observer = new MutationObserver(listener)
  if (root) observer.observe(root, { attributes: true, attributeFilter: ['data-theme', 'style', 'class'] })
  const system = matchMedia('(prefers-color-scheme: dark)')
  system.addEventListener('change', listener)
  return () => {
    observer.disconnect()
    system.removeEventListener('change', listener)
  }
}
