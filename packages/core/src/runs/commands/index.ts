export { claim, handBack, postpone, sweep } from './claim.ts'
export { cancel, retry } from './control.ts'
export { appendLog } from './log.ts'
export { heartbeat, report } from './work.ts'
