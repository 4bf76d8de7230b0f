import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { composeComment, findingLine, plural } from './comment.mjs'
import { readMarkdown, visitMarkdown } from './files.mjs'

/** Checks every link and image. */
export async function links(job) {
  const checker = { root: job.root, documents: new Map(), notChecked: { web: 0, schemes: 0, fragments: 0 } }
  const totals = { files: 0, links: 0, images: 0, findings: 0 }
  const findings = []
  const { files, unreadable } = await visitMarkdown(job, async (file, document) => {
    checker.documents.set(join(job.root, file), document)
    for (const link of document.links) {
      totals[link.kind === 'image' ? 'images' : 'links'] += 1
      const wrong = link.problem ?? (await findProblem(checker, file, link.target))
      if (wrong) findings.push({ file, line: link.line, message: `${link.kind} "${link.target.slice(0, 200)}": ${wrong}` })
    }
  })
  totals.files = files.length
  totals.findings = findings.length
  const summary = [plural(totals.links, 'link'), plural(totals.images, 'image'), `${plural(findings.length, 'finding')}`].join(', ')
  const comment = composeComment({
    head: `## Links\n\n${summary} in ${plural(files.length, 'file')}.\n\n`,
    lines: findings.map(findingLine),
    data: { job: 'links', totals, notChecked: [...describeNotChecked(checker.notChecked), ...unreadable] },
    itemsName: 'findings',
    items: findings,
  })
  return { comment, outcome: { kind: 'done', summary } }
}

function describeNotChecked({ web, schemes, fragments }) {
  return [
    web > 0 && `${plural(web, 'web address')}: looked at for form only, not called`,
    schemes > 0 && `${plural(schemes, 'link')} of another scheme (mailto and the like)`,
    fragments > 0 && `${plural(fragments, 'fragment')} into files that are not Markdown`,
  ].filter((text) => text !== false)
}

/** What is wrong with a target as it stands in a file, or null. */
async function findProblem(checker, file, target) {
  if (target === '') return 'the target is empty'
  if (/^(?:https?:)?\/\//i.test(target)) {
    checker.notChecked.web += 1
    return isWebAddress(target) ? null : 'it is not a well-formed web address'
  }
  if (/^[a-z][a-z\d+.-]+:/i.test(target)) {
    checker.notChecked.schemes += 1
    return null
  }
  const [, path, fragment] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/s.exec(target)
  const decoded = [path, fragment ?? ''].map(decode)
  if (decoded.includes(null)) return 'its percent-encoding is broken'
  return findLocalProblem(checker, file, { path: decoded[0], fragment: decoded[1] })
}

async function findLocalProblem(checker, file, { path, fragment }) {
  const base = path.startsWith('/') ? checker.root : dirname(join(checker.root, file))
  const full = path === '' ? join(checker.root, file) : join(base, path)
  const found = await stat(full).catch(() => null)
  if (!found) return 'there is no such file'
  if (fragment === '') return null
  if (!found.isFile() || !/\.md$/i.test(full)) {
    checker.notChecked.fragments += 1
    return null
  }
  const document = await documentAt(checker, full)
  if (!document) return 'the target could not be read'
  if (fragment === 'top' || document.anchors.has(fragment)) return null
  return `there is no heading "#${fragment}" in ${path === '' ? 'this file' : 'that file'}`
}

async function documentAt(checker, full) {
  if (!checker.documents.has(full)) checker.documents.set(full, await readMarkdown(full).catch(() => null))
  return checker.documents.get(full)
}

function isWebAddress(target) {
  return URL.canParse(target, 'https://example.org') && new URL(target, 'https://example.org').hostname !== ''
}

function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
