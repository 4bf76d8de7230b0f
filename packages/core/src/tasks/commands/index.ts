export { checkout } from './checkout.ts'
export { create, createMany } from './create.ts'
export { assign, route, update } from './update.ts'
export { block, cancel, complete, progress, release } from './work.ts'
