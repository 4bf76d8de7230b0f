import type { Host } from '../kernel/host.ts'
import type { Loop } from '../kernel/loop.ts'
import type { AnchorStore } from '../ports/anchor.ts'
import type { Logger } from '../ports/logger.ts'
import { createAnchorLoop } from './anchors.ts'
import { createSealer } from './sealer.ts'

interface SealingOptions {
  readonly logger: Logger
  /** Without it nothing is anchored. */
  readonly anchors: AnchorStore | undefined
}

/** The loops that seal the log of every company, and say elsewhere how far it is sealed. */
export function createSealing(host: Host, { logger, anchors }: SealingOptions): Pick<Loop, 'start' | 'stop'> {
  const anchoring = anchors && createAnchorLoop(host, { store: anchors, logger })
  const sealer = createSealer(host, { logger, onSealed: (seal) => anchoring?.hearOf(seal) })
  return {
    start() {
      sealer.start()
      anchoring?.start()
    },
    async stop() {
      await sealer.stop()
      await anchoring?.stop()
    },
  }
}
