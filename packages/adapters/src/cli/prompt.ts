import type { RunContext } from '@engine/core/plugin'

import { renderPrompt } from '../models/prompt.ts'
import { serverName } from '../tool-server/server.ts'
import { endingNames } from '../tools/endings.ts'

const whatItMayDo =
  'Use the tools that you have, in the folder that you are in. What you are not allowed to do is refused: go on without it and say so at the end.'
const whatEngineOffers = `The tools of the MCP server "${serverName}", where you have them, are those of the company that you work for: with them you read more about the task, comment on it, make further tasks and search what is known. These of them end your work: ${endingNames}. Stop after one of these: it counts, and your final message does not. Otherwise:`
const howToHandIn = {
  deliverable:
    'Your final message is handed in as your result and is read by people who have not seen your work: make it complete, in Markdown.',
  done: 'End with a short summary of what you did, in Markdown.',
}
const goesOnFrom = 'This goes on from your earlier conversation about the same task; here is how things stand now.'

interface Told {
  readonly onResult: keyof typeof howToHandIn
  readonly goesOn: boolean
  readonly hasTools: boolean
}

/** What a program is told over its standard input. Pure. */
export function promptOf(context: RunContext, { onResult, goesOn, hasTools }: Told): string {
  const handIn = [whatItMayDo, ...(hasTools ? [whatEngineOffers] : []), howToHandIn[onResult]].join(' ')
  const { system, task } = renderPrompt(context, handIn)
  return [system, ...(goesOn ? [goesOnFrom] : []), task, ''].join('\n\n')
}
