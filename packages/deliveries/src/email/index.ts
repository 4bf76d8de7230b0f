export { emailDestination } from './destination.ts'
export type { EmailOptions } from './destination.ts'
export { EmailConfig } from './config.ts'
