import { blankCode } from './code.mjs'
import { findLinks } from './references.mjs'

// As much of GitHub's Markdown as an audit needs: headings with their anchors, and links. Positions survive every step,
// because what must not be seen is replaced by blanks and never removed.

/**
 * @returns `headings` {level, text, slug, line}, `links` {kind, target, line, problem?}, `anchors` (what a #fragment can
 * name), `words` and `lines`.
 */
export function parseMarkdown(source) {
  const text = source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const { prose, visible } = blankCode(text)
  const headings = findHeadings(prose, visible)
  return {
    headings,
    links: findLinks(visible),
    anchors: new Set([...headings.map((heading) => heading.slug), ...findHtmlAnchors(visible)]),
    words: prose.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length,
    lines: text.split('\n').length,
  }
}

function findHeadings(prose, visible) {
  const found = [...findLineHeadings(prose.split('\n')), ...findHtmlHeadings(visible)].sort((left, right) => left.line - right.line)
  const slugs = new Set()
  const repeats = new Map()
  for (const heading of found) {
    heading.text = plainText(heading.text)
    heading.slug = uniqueSlug(slugOf(heading.text), slugs, repeats)
  }
  return found
}

function findLineHeadings(lines) {
  const found = []
  let paragraph = []
  for (const [index, line] of lines.entries()) {
    const hashes = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/.exec(line)
    const underline = /^ {0,3}(=+|-+)[ \t]*$/.exec(line)
    if (hashes) found.push({ level: hashes[1].length, text: (hashes[2] ?? '').replace(/(?:^|[ \t]+)#+[ \t]*$/, ''), line: index + 1 })
    else if (underline && paragraph.length > 0) {
      found.push({ level: underline[1][0] === '=' ? 1 : 2, text: paragraph.join(' '), line: index + 1 - paragraph.length })
    }
    const isParagraphText = !hashes && !underline && line.trim() !== '' && !/^\s*(?:[<>|]|(?:[-*+]|\d+[.)])(?:\s|$))|^ {4}/.test(line)
    paragraph = isParagraphText ? [...paragraph, line.trim()] : []
  }
  return found
}

function findHtmlHeadings(visible) {
  return [...visible.matchAll(/<h([1-6])\b[^>]*>([\s\S]*?)<\/h\1\s*>/gi)].map((match) => ({
    level: Number(match[1]),
    text: match[2],
    line: visible.slice(0, match.index).split('\n').length,
  }))
}

function findHtmlAnchors(visible) {
  return [...visible.matchAll(/<[a-z][^<>]*?\s(?:id|name)\s*=\s*["']([^"']+)["']/gi)].map((match) => match[1])
}

/** What a reader sees of a heading. */
function plainText(markdown) {
  const parts = markdown.split(/(`+[^`]+`+)/)
  const shown = parts.map((part, index) => (index % 2 === 1 ? part.replace(/^`+ ?| ?`+$/g, '') : withoutMarks(part)))
  return shown.join('').replace(/\s+/g, ' ').trim()
}

function withoutMarks(text) {
  return text
    .replace(/!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])/g, '')
    .replace(/\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replace(/<[^>]+>/g, '')
    .replace(/(?<![\p{L}\p{N}_\\])(_{1,3})(?=\S)(.*?\S)\1(?![\p{L}\p{N}_])/gu, '$2')
    .replace(/(?<!\\)(\*{1,3})(?=\S)(.*?\S)\1/g, '$2')
    .replace(/&(?:amp|lt|gt|quot);/g, '&')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1')
}

/** GitHub's rule: lower case, letters, digits, `-` and `_` stay, blanks become `-`, the rest goes. */
function slugOf(text) {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
}

/** The second `usage` is `usage-1`, unless a heading of that name took it. */
function uniqueSlug(slug, taken, repeats) {
  let unique = slug
  for (let count = repeats.get(slug) ?? 0; taken.has(unique);) {
    count += 1
    repeats.set(slug, count)
    unique = `${slug}-${count}`
  }
  taken.add(unique)
  return unique
}
