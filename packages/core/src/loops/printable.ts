import type { JsonValue } from '../kernel/json.ts'
import type { AdapterEvent } from '../ports/adapter.ts'

/** How much of what a tool was given and gave is shown. */
const shownOfTool = 2_000

export function describeToolCall({ name, input, output, isError, durationMs }: Extract<AdapterEvent, { type: 'tool_call' }>): string {
  const shown = (value: JsonValue | undefined) => (value === undefined ? '' : ` ${JSON.stringify(value).slice(0, shownOfTool)}`)
  const took = durationMs === undefined ? '' : ` (${Math.round(durationMs)} ms)`
  return printable(`${name}${shown(input)} → ${isError ? 'failed' : 'done'}${took}${shown(output)}\n`)
}

/** A program prints what it likes; a log shows it rather than refusing it. */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\u2400')
}
