import type { RunContext } from '@engine/core/plugin'

const longestPrompt = 10_000
const howToAnswer = 'Say what you made or found, and that it is done; or what keeps it from being done.'

/** What a person has to know to do a task, as Markdown, within what a question may hold. Pure. */
export function renderRequest({ task, feedback, blockers }: RunContext): string {
  const newest = feedback.at(-1)
  const parts = [
    `${task.identifier}: ${task.title}`,
    newest?.feedback ? `Version ${newest.version} was reviewed (${newest.decision}): ${newest.feedback}` : null,
    task.acceptanceCriteria.length > 0
      ? `It is done when:\n${task.acceptanceCriteria.map((criterion) => `- ${criterion}`).join('\n')}`
      : null,
    blockers.length > 0 ? `It builds on ${blockers.map(({ identifier, title }) => `${identifier} (${title})`).join(', ')}.` : null,
    task.description,
  ].filter((part) => part !== null)
  const room = longestPrompt - howToAnswer.length - 10
  const text = parts.join('\n\n')
  const shown = text.length > room ? `${text.slice(0, room).toWellFormed()} […]` : text
  return `${shown}\n\n${howToAnswer}`
}
