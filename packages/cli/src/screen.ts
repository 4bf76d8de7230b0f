import type { WriteStream } from 'node:tty'

/** The terminal: lines that stay, and below them one status line that is rewritten in place where that is possible. */
export interface Screen {
  print(text: string): void
  /** Shows what is under way; the empty text clears it. */
  status(text: string): void
  readonly isInteractive: boolean
}

export function createScreen(stream: WriteStream | (NodeJS.WritableStream & { isTTY?: boolean; columns?: number })): Screen {
  const isInteractive = stream.isTTY === true
  let shown = ''

  function erase(): void {
    if (shown !== '') stream.write('\r\u001b[K')
  }

  return {
    isInteractive,
    print(text) {
      erase()
      stream.write(`${text}\n`)
      if (shown !== '') stream.write(shown)
    },
    status(text) {
      if (!isInteractive) return
      erase()
      shown = text.slice(0, (stream.columns ?? 80) - 1)
      stream.write(shown)
    },
  }
}
