import { composeComment, findingLine, plural } from './comment.mjs'
import { visitMarkdown } from './files.mjs'

/** Checks the outline of every file. */
export async function headings(job) {
  const findings = []
  let headingCount = 0
  const { files, unreadable } = await visitMarkdown(job, (file, document) => {
    headingCount += document.headings.length
    for (const finding of outlineFindings(document.headings)) findings.push({ file, ...finding })
  })
  const totals = { files: files.length, headings: headingCount, findings: findings.length }
  const summary = `${plural(headingCount, 'heading')} in ${plural(files.length, 'file')}, ${plural(findings.length, 'finding')}`
  const comment = composeComment({
    head: `## Headings\n\n${summary}.\n\n`,
    lines: findings.map(findingLine),
    data: { job: 'headings', totals, notChecked: unreadable },
    itemsName: 'findings',
    items: findings,
  })
  return { comment, outcome: { kind: 'done', summary } }
}

function outlineFindings(found) {
  const findings = []
  const [first] = found
  if (!first) return [{ line: 1, message: 'the file has no heading' }]
  if (first.level !== 1) findings.push({ line: first.line, message: `the first heading is of level ${first.level}, not 1` })
  const titles = found.filter((heading) => heading.level === 1)
  for (const title of titles.slice(1))
    findings.push({ line: title.line, message: `a second level 1 heading; the first is on line ${titles[0].line}` })
  if (titles.length === 0) findings.push({ line: first.line, message: 'the file has no level 1 heading' })
  for (const [index, heading] of found.entries()) {
    const previous = found[index - 1]
    if (heading.text === '') findings.push({ line: heading.line, message: 'the heading is empty' })
    if (previous && heading.level > previous.level + 1) {
      findings.push({ line: heading.line, message: `level ${heading.level} follows level ${previous.level}; a level is skipped` })
    }
  }
  return [...findings, ...duplicateFindings(found)].sort((left, right) => left.line - right.line)
}

/** Siblings have the same level below the same parent. */
function duplicateFindings(found) {
  const findings = []
  const siblings = []
  for (const heading of found) {
    siblings.length = Math.min(siblings.length, heading.level + 1)
    const known = (siblings[heading.level] ??= new Map())
    const key = heading.text.toLowerCase()
    if (key !== '' && known.has(key)) {
      findings.push({
        line: heading.line,
        message: `"${heading.text.slice(0, 100)}" repeats the heading of line ${known.get(key)} beside it`,
      })
    } else known.set(key, heading.line)
  }
  return findings
}
