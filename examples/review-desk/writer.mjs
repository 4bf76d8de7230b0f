import { json } from 'node:stream/consumers'

// What reviewers said of earlier versions comes with the task.
const { feedback } = await json(process.stdin)
const wasAskedWhen = feedback.some((review) => review.feedback === 'Say when.')
const content = wasAskedWhen ? 'The office is closed on Friday.' : 'The office is closed.'
console.log(JSON.stringify({ engine: 'deliverable', title: 'Notice', content }))
console.log(JSON.stringify({ engine: 'outcome', outcome: { kind: 'needs_review' } }))
