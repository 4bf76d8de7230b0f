// What mails need to know of HTML. Whatever it is and however long, it is gone through once: it may have megabytes, and while a
// pattern looks again and again from each `<` to the end, the process does nothing else.

/** What stands in a whole page, or all of what is none. Pure. */
export function bodyOf(html: string): string {
  const begin = html.search(/<body\b/i)
  const open = begin === -1 ? -1 : html.indexOf('>', begin)
  const close = [...html.matchAll(/<\/body\s*>/gi)].at(-1)?.index ?? -1
  return open !== -1 && close > open ? html.slice(open + 1, close) : html
}

/** What is left of HTML for readers without it; a rough one is better than none. Pure. */
export function textOf(html: string): string {
  const texts: string[] = []
  const endless = new Set<string>()
  let at = 0
  for (let open = tagAfter(html, at); open !== -1; open = tagAfter(html, at)) {
    const close = html.indexOf('>', open)
    if (close === -1) break
    const name = nameOf(html, open)
    texts.push(html.slice(at, open), breaks.test(name) ? '\n' : '')
    at = behind(html, { name, at: close + 1 }, endless)
  }
  return [...texts, html.slice(at)]
    .join('')
    .replaceAll(/&(#?\w+);/g, characterOf)
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
}

/** What ends a line: a break, and the end of what stands by itself. */
const breaks = /^(br|\/p|\/div|\/h[1-6]|\/li|\/tr)$/

/** Where the next tag begins: at a `<` that no text has; -1 when there is none. */
function tagAfter(html: string, at: number): number {
  const tag = /<[a-z/!?]/gi
  tag.lastIndex = at
  return tag.exec(html)?.index ?? -1
}

function nameOf(html: string, open: number): string {
  const name = /\/?[a-z][a-z0-9]*/iy
  name.lastIndex = open + 1
  return name.exec(html)?.[0].toLowerCase() ?? ''
}

/** How the end of what readers do not see is written. */
const ends = new Map([
  ['style', /<\/style\s*>/gi],
  ['script', /<\/script\s*>/gi],
  ['head', /<\/head\s*>/gi],
])

/** Where it goes on behind a tag that ended at `at`; of names in `endless` no end comes any more, and nobody looks for it again. */
function behind(html: string, tag: { name: string; at: number }, endless: Set<string>): number {
  const pattern = endless.has(tag.name) ? undefined : ends.get(tag.name)
  if (!pattern) return tag.at
  pattern.lastIndex = tag.at
  const end = pattern.exec(html)
  if (end) return end.index + end[0].length
  endless.add(tag.name)
  return tag.at
}

const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

/** The character that an entity stands for, by its name or its number; itself when it stands for none. Pure. */
function characterOf(entity: string, name: string): string {
  const [, hexadecimal, decimal] = /^#(?:[xX]([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name) ?? []
  const number = hexadecimal === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hexadecimal, 16)
  return number > 0 && number <= 0x10_ff_ff ? String.fromCodePoint(number) : (characters[name] ?? entity)
}
