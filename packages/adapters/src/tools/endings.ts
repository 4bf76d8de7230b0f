import type { AdapterEvent, AgentTool, JsonObject, RunOutcome } from '@engine/core/plugin'
import { z } from 'zod'

import { offersOf, type ToolOffer } from './offers.ts'

/** Records what an ending leaves; rejects when it was not taken, and then the run has not ended by it. */
type Record = (event: AdapterEvent) => Promise<void>

/** A way to end a run, as a tool: what a model says by calling it is typed, and nothing has to be read out of its text. */
interface Ending<Input> {
  readonly description: string
  readonly input: z.ZodType<Input>
  end(input: Input, record: Record): Promise<RunOutcome>
}

const Summary = z.string().max(10_000).optional()
const Submission = z.strictObject({
  title: z.string().trim().min(1).max(500),
  summary: Summary,
  content: z.string().min(1).max(1_000_000).describe('The whole result.'),
  contentType: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+$/, 'a media type such as text/markdown')
    .max(200)
    .optional()
    .describe('Its media type; text/markdown when left out.'),
})

export async function submitForReview(input: z.infer<typeof Submission>, record: Record): Promise<RunOutcome> {
  const { title, summary, content, contentType } = input
  const described = { ...(summary !== undefined && { summary }), ...(contentType !== undefined && { contentType }) }
  await record({ type: 'deliverable', title, content, ...described })
  return { kind: 'needs_review', ...(summary !== undefined && { summary }) }
}

const endings = {
  submit_for_review: ending({
    description: 'Hands in the result of the task, to be reviewed by a person, and ends your work.',
    input: Submission,
    end: submitForReview,
  }),
  finish: ending({
    description: 'Ends your work on a task that leaves nothing to be reviewed.',
    input: z.strictObject({ summary: z.string().min(1).max(10_000).describe('What you did.') }),
    end: async ({ summary }) => ({ kind: 'done', summary }),
  }),
  report_blocked: ending({
    description: 'Ends your work because something is missing without which the task can not be done.',
    input: z.strictObject({
      reason: z.string().trim().min(1).max(2_000).describe('What is missing.'),
      owner: z.string().max(200).optional().describe('Who can give it, if you know.'),
    }),
    end: async ({ reason, owner }) => ({ kind: 'blocked', reason, ...(owner !== undefined && { owner }) }),
  }),
  ask_person: ending({
    description: 'Asks a person and ends your work for now; you are started again with the answer. Put all into one question.',
    input: z.strictObject({
      question: z.string().trim().min(1).max(10_000),
      choices: z.array(z.string().trim().min(1).max(500)).min(2).max(20).optional().describe('Possible answers; others can be written.'),
    }),
    end: async ({ question, choices }) => {
      const named = choices && namedChoices(choices)
      return { kind: 'waiting', interaction: { ask: { kind: 'question', prompt: question, ...(named && { choices: named }) } } }
    },
  }),
}

/** An answer names the key alone, so that is the choice itself where it can be: whoever asked may not remember what was the first. */
function namedChoices(labels: readonly string[]) {
  const areKeys = new Set(labels).size === labels.length && labels.every((label) => label.length <= 100)
  return labels.map((label, index) => ({ key: areKeys ? label : String(index + 1), label }))
}

export const endingNames = Object.keys(endings).join(', ')

/** The tools of Engine and those that end the run. */
export function offersWithEndings(tools: readonly AgentTool[]): ToolOffer[] {
  const own = Object.entries(endings).map(([name, { description, inputSchema }]) => ({ name, description, inputSchema }))
  return [...offersOf(tools.filter(({ name }) => !isEnding(name))), ...own]
}

export function isEnding(name: string): boolean {
  return Object.hasOwn(endings, name)
}

/** Ends the run when the tool is one that does; null for any other tool, words for the model when it called it wrongly. */
export async function endBy(
  call: { readonly name: string; readonly input: JsonObject },
  record: Record,
): Promise<RunOutcome | string | null> {
  const found = Object.entries(endings).find(([name]) => name === call.name)
  return found ? found[1].call(call.input, record) : null
}

function ending<Input>({ description, input, end }: Ending<Input>) {
  // A JSON schema is JSON; which draft it is of is nothing that a provider asks for.
  const { $schema: _, ...inputSchema } = z.toJSONSchema(input, { io: 'input' }) as JsonObject
  return {
    description,
    inputSchema,
    async call(given: JsonObject, record: Record): Promise<RunOutcome | string> {
      const parsed = input.safeParse(given)
      return parsed.success ? end(parsed.data, record) : z.prettifyError(parsed.error)
    },
  }
}
