/** Stands in a rate card for every model of a provider. */
export const anyModel = '*'

/**
 * The names under which the price of a model is looked for, the most exact first: the name as it is; without the date or `-latest` at
 * its end (`claude-x-20260101` and `claude-x-2026-01-01` are versions of `claude-x`). Nothing else is guessed. Pure.
 */
export function priceNames(model: string): readonly string[] {
  const undated = model.replace(/-(?:20\d{6}|20\d{2}-\d{2}-\d{2}|latest)$/, '')
  return undated === model || undated === '' ? [model] : [model, undated]
}
