import { fileURLToPath } from 'node:url'

import type { JsonObject } from '@engine/core/plugin'

import type { Behaviour } from './fixture-agent.ts'

const program = fileURLToPath(new URL('fixture-agent.ts', import.meta.url))

/** A configuration whose program is an agent of the official SDK that behaves so. */
export function configOf(behaviour: Behaviour, config: JsonObject = {}): JsonObject {
  const args = ['--no-warnings', program, JSON.stringify(behaviour)]
  return { command: process.execPath, args, cwd: process.cwd(), graceSec: 1, ...config }
}
