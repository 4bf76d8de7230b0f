export { reserve, release } from './holds.ts'
export { endPeriods, resolveIncident } from './incidents.ts'
export { raise, remove, set } from './manage.ts'
