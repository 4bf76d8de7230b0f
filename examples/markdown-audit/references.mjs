const title = `(?:"(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'|\\((?:[^()\\\\]|\\\\.)*\\))`
const definition = new RegExp(
  `^[ \\t>]*\\[((?:[^\\]\\\\\\n]|\\\\.)+)\\]:[ \\t]*\\n?[ \\t]*(?:<([^>\\n]*)>|(\\S+))(?:[ \\t]+${title})?[ \\t]*$`,
  'gm',
)
const linkEnd = new RegExp(`^(?:\\s+${title})?\\s*\\)`)
const reference = /(?<![\p{L}\p{N}\]\\])(!?)\[((?:[^[\]\\]|\\.)*)\](?:\[((?:[^[\]\\]|\\.)*)\])?(?![([])/gu
const htmlLink = /<(a|img)\b[^<>]*?\s(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)')[^<>]*>/gi

const blank = (text) => text.replace(/[^\n]/g, ' ')
const normalLabel = (label) => label.trim().replace(/\s+/g, ' ').toLowerCase()
const unescaped = (text) => text.replace(/\\([!-/:-@[-`{-~])/g, '$1')

/**
 * Every link and image of a text whose code is blanked out: {kind, target, line, problem?}. What was read as a link is
 * blanked out too, so that the next, looser rule does not read it again.
 */
export function findLinks(visible) {
  const lineOf = indexLines(visible)
  const links = []
  const take = (offset, link) => links.push({ ...link, line: lineOf(offset) })
  const definitions = new Map()
  let text = takeDefinitions(visible, definitions)
  text = takeInline(text, take)
  text = text.replace(htmlLink, (match, ...parts) => {
    const [tag, double, single, offset] = parts
    take(offset, { kind: tag.toLowerCase() === 'img' ? 'image' : 'link', target: double ?? single })
    return blank(match)
  })
  // Twice: the text of a reference can itself be an image by reference.
  for (let pass = 0; pass < 2; pass += 1) text = takeReferences(text, definitions, take)
  for (const { 0: url, index } of text.matchAll(/(?<![\w/])https?:\/\/[^\s<>|]+/gi)) {
    take(index, { kind: 'link', target: url.replace(/[.,;:!?'"*_~\])]+$/, '') })
  }
  return links.sort((left, right) => left.line - right.line)
}

function takeDefinitions(text, definitions) {
  return text.replace(definition, (match, ...parts) => {
    const [label, angled, plain] = parts
    if (label.startsWith('^')) return match
    if (!definitions.has(normalLabel(label))) definitions.set(normalLabel(label), unescaped(angled ?? plain))
    return blank(match)
  })
}

/** `[text](target "title")`, also around an image; the text stays, it can hold more links. */
function takeInline(text, take) {
  const characters = text.split('')
  for (let at = text.indexOf(']('); at >= 0; at = text.indexOf('](', at + 1)) {
    const open = openingBracket(text, at)
    const found = open < 0 ? null : readTarget(text, at + 2)
    if (!found) continue
    const isImage = text[open - 1] === '!' && text[open - 2] !== '\\'
    take(open, { kind: isImage ? 'image' : 'link', target: found.target })
    characters[open] = ' '
    for (let index = at; index < found.end; index += 1) if (characters[index] !== '\n') characters[index] = ' '
  }
  return characters.join('')
}

/** Where the bracket that ends at `close` begins, or -1. The search does not leave the paragraph. */
function openingBracket(text, close) {
  if (text[close - 1] === '\\') return -1
  for (let at = close - 1, depth = 0; at >= 0; at -= 1) {
    if (text.startsWith('\n\n', at)) return -1
    if (text[at - 1] === '\\') continue
    if (text[at] === ']') depth += 1
    if (text[at] === '[' && depth-- === 0) return at
  }
  return -1
}

/** The target at `from` and where the link ends; null when it is no link after all. */
function readTarget(text, from) {
  const near = text.slice(from, from + 8_192)
  const angled = /^\s*<([^<>\n]*)>/.exec(near)
  const plain = /^\s*/.exec(near)[0].length
  const at = angled ? angled[0].length : endOfPlainTarget(near, plain)
  const end = linkEnd.exec(near.slice(at))
  return end ? { target: unescaped(angled ? angled[1] : near.slice(plain, at)), end: from + at + end[0].length } : null
}

function endOfPlainTarget(text, from) {
  let at = from
  for (let depth = 0; at < text.length && !/\s/.test(text[at]); at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '(') depth += 1
    else if (text[at] === ')' && depth-- === 0) break
  }
  return at
}

/** `[text][label]`, `[label][]` and `[label]`. The last is a link only when its label is defined. */
function takeReferences(text, definitions, take) {
  return text.replace(reference, (match, ...parts) => {
    const [bang, content, label, offset] = parts
    const name = label || content
    const target = definitions.get(normalLabel(name))
    const isLink = target !== undefined || (label !== undefined && name.trim() !== '' && !name.startsWith('^'))
    if (!isLink) return match
    const problem = target === undefined ? { problem: `there is no definition of [${name}]` } : {}
    take(offset, { kind: bang ? 'image' : 'link', target: target ?? match, ...problem })
    return blank(match)
  })
}

/** Gives the line of an offset, counted from 1. */
function indexLines(text) {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    for (let high = starts.length; high - low > 1;) {
      const middle = (low + high) >> 1
      if (starts[middle] <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}
