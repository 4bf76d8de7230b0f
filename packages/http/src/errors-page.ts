import type { Registry } from '@engine/core'

import { allErrors } from './errors.ts'
import { escape } from './escape.ts'
import { statusOfKind } from './problem.ts'

/** Every code that an answer can carry, where its `type` leads: why it happens, and what would work. */
export function errorsPage(registry: Registry, basePath: string): string {
  const entries = allErrors(registry).map(
    ({ code, kind, cause, help }) =>
      `<dt id="${escape(code)}"><a href="#${escape(code)}"><code>${escape(code)}</code></a> <small>${statusOfKind[kind]}, ${kind}</small></dt>
<dd>${cause === undefined ? '' : `<p>${inWords(cause)}</p>`}<p>${inWords(help)}</p></dd>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Errors of Engine</title><style>${style}</style></head><body>
<h1>Errors</h1><p>Why each happens, and what would work. An answer carries more: its <code>detail</code> in words, and facts beside it.
<a href="${basePath}/api/docs">The whole API</a></p><dl>${entries.join('\n')}</dl></body></html>`
}

/** What stands between backticks is something to type, or the name of a field. */
function inWords(text: string): string {
  return escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 48rem; margin: 0 auto; padding: 1rem 1.5rem 4rem }
dt { margin-top: 1.25rem } dt:target { outline: 2px solid; outline-offset: .25rem }
dd { margin: 0 } dd p { margin: .25rem 0 } small { opacity: .7 }`
