import type { ToolAnswer } from '@engine/core/plugin'

/** What a tool answers beyond this is cut: it would fill the model's context. */
const longestAnswer = 100_000

/** An answer as a model reads it. */
export interface Told {
  readonly isError: boolean
  readonly text: string
}

export function toldAnswer(answer: ToolAnswer): Told {
  return answer.isError ? mistake(`${answer.code}: ${answer.message}`) : { isError: false, text: cut(JSON.stringify(answer.output)) }
}

export function mistake(text: string): Told {
  return { isError: true, text: cut(text) }
}

export function noSuchTool(name: string): Told {
  return mistake(`There is no tool ${name.slice(0, 100)}.`)
}

function cut(text: string): string {
  if (text.length <= longestAnswer) return text
  return `${text.slice(0, longestAnswer).toWellFormed()}\n[${text.length - longestAnswer} more characters are left out]`
}
