import manifest from '../package.json' with { type: 'json' }

/** This package's version. It stands in what is built: in a program that bundles this, the file one folder up is that program's own. */
export const engineVersion: string = manifest.version
