import { writeFile } from 'node:fs/promises'
import { json } from 'node:stream/consumers'

const { blockers } = await json(process.stdin)
await writeFile('notice.md', `# Notice\n\n${blockers[0].comments[0].body}\n`)
