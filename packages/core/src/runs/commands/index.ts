export { claim, handBack, sweep } from './claim.ts'
export { cancel, retry } from './control.ts'
export { appendLog, heartbeat, report } from './work.ts'
