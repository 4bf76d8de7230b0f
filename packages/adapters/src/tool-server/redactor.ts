import type { RedactedStream, Redactor } from '@engine/core/plugin'

/** One redactor behind the other. */
export function inTurn(first: Redactor, second: Redactor): Redactor {
  return {
    redact: (text) => second.redact(first.redact(text)),
    redactAll: (value) => second.redactAll(first.redactAll(value)),
    stream: () => streamInTurn(first.stream(), second.stream()),
  }
}

function streamInTurn(first: RedactedStream, second: RedactedStream): RedactedStream {
  return {
    push: (text) => second.push(first.push(text)),
    end: () => second.push(first.end()) + second.end(),
    mark() {
      const marks = [first.mark(), second.mark()]
      return () => marks.forEach((restore) => restore())
    },
  }
}
