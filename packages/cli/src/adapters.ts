import { a2aAdapter } from '@engine/adapters/a2a'
import { acpAdapter } from '@engine/adapters/acp'
import { anthropicAdapter } from '@engine/adapters/anthropic'
import { claudeCodeAdapter } from '@engine/adapters/claude-code'
import { codexAdapter } from '@engine/adapters/codex'
import { cursorAdapter } from '@engine/adapters/cursor'
import { geminiAdapter } from '@engine/adapters/gemini'
import { geminiCliAdapter } from '@engine/adapters/gemini-cli'
import { httpAdapter } from '@engine/adapters/http'
import { openAiAdapter } from '@engine/adapters/openai'
import { openClawAdapter } from '@engine/adapters/openclaw'
import { opencodeAdapter } from '@engine/adapters/opencode'
import { personAdapter } from '@engine/adapters/person'
import { piAdapter } from '@engine/adapters/pi'
import { processAdapter } from '@engine/adapters/process'
import type { AgentAdapter } from '@engine/core'

import { programPath } from './demo.ts'

/** What only who starts the server may say. */
export interface Allowed {
  /** Names on the PATH of the server, and absolute paths (PROMISES S3). */
  readonly programs: readonly string[]
  /** Where they may work; null for any folder. */
  readonly folders: readonly string[] | null
  /** Hosts, addresses and networks besides the public internet (PROMISES S8). */
  readonly targets: readonly string[]
  /** Whether agents may have any server of models: where whoever configures them is the person at this machine. */
  readonly anyModelServer?: boolean
}

/**
 * Every adapter that needs nothing of the host but this. Who configures an agent runs its program with the rights of the server, so no
 * program is allowed but that of the demo company; adapters whose program is not allowed say so when they are configured.
 *
 * @throws naming a program, a folder or a target that can not be allowed
 */
export function openAdapters({ programs, targets, ...allowed }: Allowed): AgentAdapter[] {
  const folders = allowed.folders ?? 'any'
  const servers = { allow: allowed.anyModelServer ? ('any' as const) : targets }
  const demo = { command: process.execPath, args: [programPath()] }
  return [
    anthropicAdapter(servers),
    geminiAdapter(servers),
    openAiAdapter(servers),
    personAdapter(),
    httpAdapter({ allow: targets }),
    a2aAdapter({ allow: targets }),
    openClawAdapter({ allow: targets }),
    processAdapter({ programs: [...programs, demo], folders }),
    acpAdapter({ programs, folders }),
    ...[claudeCodeAdapter, codexAdapter, cursorAdapter, geminiCliAdapter, opencodeAdapter, piAdapter].map((create) =>
      create({ programs, folders }),
    ),
  ]
}
