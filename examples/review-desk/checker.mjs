import { json } from 'node:stream/consumers'

// What the tasks before this one delivered comes with it.
const { blockers } = await json(process.stdin)
const text = blockers[0].deliverable.content
if (text.endsWith('.')) console.log(JSON.stringify({ engine: 'comment', body: text }))
else console.log(JSON.stringify({ engine: 'outcome', outcome: { kind: 'blocked', reason: 'It does not end with a full stop.' } }))
