export { recordAccesses } from './accesses.ts'
export { bind, unbind } from './bindings.ts'
export { create, delete, update } from './manage.ts'
export { destroyVersion, rotate } from './values.ts'
