/** Names that some systems keep for devices. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/

/** A name as a folder is called; what no letter is left of is called by what it is. Pure. */
function slugOf(name: string, otherwise: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replaceAll(/^-+|-+$/g, '')
  return plain === '' || reserved.test(plain) ? `${otherwise}${plain === '' ? '' : `-${plain}`}` : plain
}

/** Gives each thing a folder of its own, in their order. Pure. */
export function slugsOf<Thing extends { readonly id: string }>(
  things: readonly Thing[],
  nameOf: (thing: Thing) => string,
  otherwise: string,
): Map<string, string> {
  const taken = new Set<string>()
  const slugs = new Map<string, string>()
  for (const thing of things) {
    const slug = freeOf(slugOf(nameOf(thing), otherwise), taken)
    taken.add(slug)
    slugs.set(thing.id, slug)
  }
  return slugs
}

/** The same with a number behind it where it is taken: `bob`, `bob-2`. Pure. */
function freeOf(text: string, taken: ReadonlySet<string>): string {
  for (let number = 2, free = text; ; number += 1) {
    if (!taken.has(free)) return free
    free = `${text}-${number}`
  }
}
