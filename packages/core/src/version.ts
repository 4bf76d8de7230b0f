import { createRequire } from 'node:module'

/** This package's version; its package.json lies one folder up, from the sources as from what is built of them. */
export const engineVersion: string = String(createRequire(import.meta.url)('../package.json').version)
