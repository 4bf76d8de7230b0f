import { anthropicAdapter } from '@engine/adapters/anthropic'
import { geminiAdapter } from '@engine/adapters/gemini'
import { openAiAdapter } from '@engine/adapters/openai'
import { localBlobs } from '@engine/blobs/local'
import { createEngine, localSecrets } from '@engine/core'
import { allDestinations } from '@engine/deliveries'
import { serve } from '@engine/http'
import { echo } from '@engine/plugin-echo'
import { sqlite } from '@engine/storage-sqlite'
import { boardFolder } from '@engine/ui-kit/board'

export interface AppOptions {
  /** Where the database and files live. */
  readonly folder: string
  /** 0 takes a free one. */
  readonly port: number
  /** 32 random bytes as base64. */
  readonly secretKey: string
}

/** API, board and agents in this process. It answers, and agents work, when this resolves. */
export async function openApp({ folder, port, secretKey }: AppOptions) {
  const engine = await createEngine({
    storage: sqlite(`${folder}/engine.db`),
    blobs: localBlobs(`${folder}/blobs`),
    secrets: localSecrets({ key: secretKey }),
    // With people whom you would not let at your network, each takes `{ allow: [] }`: no agent's `baseUrl` leads into it then.
    adapters: [anthropicAdapter(), geminiAdapter(), openAiAdapter()],
    destinations: allDestinations({ folder: `${folder}/deliveries` }),
    plugins: [echo()],
  })
  try {
    const server = await serve({ engine, port, board: boardFolder })
    await engine.start()
    return { engine, url: server.url, stop: () => Promise.all([server.close(), engine.stop()]) }
  } catch (error) {
    await engine.stop()
    throw error
  }
}
