const maxBytes = 60 * 1024
const maxListed = 40
const maxLineLength = 500

/** Text that can stand in a table cell or a list as it is. */
export function inlineText(text) {
  return String(text).replace(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('`', "'").replaceAll('<', '&lt;')
}

/**
 * A job's comment: `head` and up to 40 `lines` for people, and at the end the numbers for the next job as one ```json
 * block {job, totals, notChecked, [itemsName], notListed}. Items are cut to fit 60 KiB; totals are always exact.
 */
export function composeComment({ head, lines, tail = '', data, itemsName, items }) {
  const more = lines.length > maxListed ? `\n\n… and ${lines.length - maxListed} more` : ''
  const listed = lines.slice(0, maxListed).map((line) => line.slice(0, maxLineLength))
  const prose = `${head}${listed.join('\n')}${more}${tail}`.trimEnd()
  let count = items.length
  let body = `${prose}\n\n${dataBlock(data, itemsName, items)}`
  while (Buffer.byteLength(body) > maxBytes && count > 0) {
    count = Math.floor(count * 0.9)
    const notListed = items.length - count
    const block = dataBlock({ ...data, notListed }, itemsName, items.slice(0, count))
    body = `${prose}\n\n${notListed} more not listed in the data below; the totals count them.\n\n${block}`
  }
  return body
}

function dataBlock(data, itemsName, items) {
  // A backtick inside would end the block.
  const json = JSON.stringify({ notListed: 0, ...data, [itemsName]: items }).replaceAll('`', '\\u0060')
  return `\`\`\`json\n${json}\n\`\`\``
}

/** The data of a comment written by `composeComment`, or null for any other comment: people write some too. */
export function readComment(body) {
  const json = /```json\n([^\n]*)\n```\s*$/.exec(body)?.[1]
  try {
    const data = JSON.parse(json ?? 'null')
    return isJobData(data) ? data : null
  } catch {
    return null
  }
}

function isJobData(data) {
  const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
  return (
    isObject(data) &&
    typeof data.job === 'string' &&
    isObject(data.totals) &&
    Object.values(data.totals).every(Number.isFinite) &&
    Number.isInteger(data.notListed) &&
    (data.notChecked ?? []).every((text) => typeof text === 'string') &&
    (data.findings ?? []).every((finding) => isObject(finding) && typeof finding.file === 'string' && Number.isInteger(finding.line))
  )
}

export function findingLine({ file, line, message }) {
  return `- \`${file.replaceAll('`', "'")}:${line}\` ${inlineText(message)}`
}

export function plural(count, noun) {
  const ending = noun.endsWith('s') ? 'es' : 's'
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : ending}`
}
