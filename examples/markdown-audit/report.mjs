import { inlineText, plural, readComment } from './comment.mjs'
import { skippedFolders } from './files.mjs'

const expectedJobs = ['inventory', 'links', 'headings']

/** Makes one report of what the jobs before it left in their comments. */
export async function report({ context, progress }) {
  const parts = []
  for (const [index, blocker] of context.blockers.entries()) {
    // A job that ran twice left two comments; the last one counts.
    const data = blocker.comments.map((comment) => readComment(comment.body)).findLast((found) => found !== null)
    parts.push({ identifier: blocker.identifier, title: blocker.title, data: data ?? null })
    await progress(index + 1, context.blockers.length, `read ${blocker.identifier}: ${blocker.title}`)
  }
  const feedback = context.feedback.filter((review) => review.feedback)
  const findings = parts.flatMap(({ data }) => (Array.isArray(data?.findings) ? data.findings : []))
  const verdict = composeVerdict(parts)
  const content = [
    '# Markdown audit',
    ...summarySection(parts, verdict),
    ...(feedback.length > 0 ? changesSection(feedback) : []),
    ...findingsSection(findings),
    ...notCheckedSection(parts),
  ].join('\n')
  const asked = feedback.length > 0 ? ` It answers the review of version ${feedback.at(-1).version}: "${feedback.at(-1).feedback}"` : ''
  const summary = `${verdict}${asked}`.slice(0, 2_000)
  return {
    deliverable: { title: 'Markdown audit', summary, content: `${content}\n`, contentType: 'text/markdown' },
    outcome: { kind: 'needs_review', summary },
  }
}

/** The counts are the totals of the jobs, which stay exact when a comment could not list every finding. */
function composeVerdict(parts) {
  const missing = missingJobs(parts)
  const count = parts.reduce((total, { data }) => total + (data?.totals.findings ?? 0), 0)
  const found = count === 0 ? 'No problems were found.' : `${plural(count, 'problem')} found.`
  return missing.length === 0 ? found : `Incomplete: there is no result of ${missing.join(', ')}. ${found}`
}

function missingJobs(parts) {
  return expectedJobs.filter((job) => !parts.some(({ data }) => data?.job === job))
}

function summarySection(parts, verdict) {
  const rows = parts.flatMap(({ identifier, data }) =>
    Object.entries(data?.totals ?? {}).map(
      ([name, value]) => `| ${identifier} | ${inlineText(data.job)} | ${inlineText(name)} | ${Number(value)} |`,
    ),
  )
  const table = rows.length === 0 ? [] : ['', '| task | check | what | total |', '| --- | --- | --- | ---: |', ...rows]
  return ['', '## Summary', '', `**${verdict}**`, ...table]
}

function changesSection(feedback) {
  const items = feedback.map(
    ({ version, decision, feedback: text }) => `- Version ${version} (${decision}): ${text.replace(/\s+/g, ' ').trim()}`,
  )
  return ['', '## Changes asked for', '', ...items]
}

function findingsSection(findings) {
  const byFile = Map.groupBy(findings, (finding) => finding.file)
  const sections = [...byFile]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([file, found]) => {
      const lines = found.sort((left, right) => left.line - right.line).map(({ line, message }) => `- line ${line}: ${inlineText(message)}`)
      return ['', `### ${inlineText(file)}`, '', ...lines]
    })
  return ['', '## Findings by file', ...(sections.length === 0 ? ['', 'None.'] : sections)]
}

function notCheckedSection(parts) {
  const items = parts.flatMap(({ identifier, title, data }) => {
    if (!data) return [`${identifier} (${title}) left no result that can be read`]
    const cut =
      data.notListed > 0 && data.findings
        ? [`${plural(data.notListed, 'finding')} of the ${data.job} check are counted but not listed`]
        : []
    return [...(data.notChecked ?? []), ...cut]
  })
  const missing = missingJobs(parts).map((job) => `${job}: it was not among the tasks before this one`)
  const folders = `folders named ${skippedFolders.join(', ')}, and hidden ones`
  return ['', '## Not checked', '', ...[...items, ...missing, folders].map((item) => `- ${inlineText(item)}`)]
}
