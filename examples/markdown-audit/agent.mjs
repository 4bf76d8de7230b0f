import { setTimeout as sleep } from 'node:timers/promises'
import { stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { text } from 'node:stream/consumers'

import { headings } from './headings.mjs'
import { inventory } from './inventory.mjs'
import { links } from './links.mjs'
import { report } from './report.mjs'

// The worker of the demo company. It speaks the protocol of docs/process-adapter.md: the context on stdin, messages on stdout.

const jobs = { inventory, links, headings, report }

function say(engine, fields) {
  console.log(JSON.stringify({ engine, ...fields }))
}

/** An end that the host understands; the text is for people. */
function fail(failureClass, message) {
  say('outcome', { outcome: { kind: 'failed', class: failureClass, message } })
  process.exitCode = 1
}

async function isFolder(path) {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false
}

async function work(context) {
  const { job, root, paceMs = 15 } = context.task.context
  if (!Object.hasOwn(jobs, job)) return fail('config', `task.context.job is "${job}"; it must be one of: ${Object.keys(jobs).join(', ')}`)
  if (job !== 'report' && !(typeof root === 'string' && isAbsolute(root) && (await isFolder(root)))) {
    return fail('config', `task.context.root is "${root}"; it must be the absolute path of a folder`)
  }
  const progress = async (done, total, message) => {
    say('progress', { percent: total === 0 ? 100 : Math.round((done / total) * 100), message })
    if (paceMs > 0) await sleep(paceMs)
  }
  const { comment, deliverable, outcome } = await jobs[job]({ root, context, progress })
  if (comment) say('comment', { body: comment })
  if (deliverable) say('deliverable', deliverable)
  say('outcome', { outcome })
}

await work(JSON.parse(await text(process.stdin)))
