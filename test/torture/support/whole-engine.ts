import { createEngine, type Engine, type EngineOptions } from '@engine/core'
import { memoryBlobs, scriptedAdapter, scriptedDestination, scriptedPlugins } from '@engine/testing'

import { sharedSecrets } from './commands/secrets.ts'
import { storageAt, type Place } from './place.ts'

/** An engine that has a scripted one of everything outside, so that every command can be called. */
export function openWholeEngine(place: Place, options: Partial<EngineOptions> = {}): Promise<Engine> {
  return createEngine({
    storage: storageAt(place),
    adapters: [scriptedAdapter()],
    blobs: memoryBlobs(),
    secrets: sharedSecrets(),
    destinations: [scriptedDestination()],
    plugins: scriptedPlugins(),
    ...options,
  })
}
