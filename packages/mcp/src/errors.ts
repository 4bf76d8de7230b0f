import { EngineError, type ErrorDefinition, type JsonObject } from '@engine/core'

/** Failures that only exist where tools are called. */
export const mcpErrors = {
  unknown_tool: {
    code: 'unknown_tool',
    kind: 'missing',
    cause: 'No tool has this name, or it is for another kind of key.',
    help: 'Call one of the tools of tools/list.',
  },
  unauthenticated: {
    code: 'unauthenticated',
    kind: 'unauthenticated',
    cause: 'The client brought no key, or one that opens nothing.',
    help: 'Give the client a valid key.',
  },
  foreign_credential: {
    code: 'foreign_credential',
    kind: 'denied',
    cause: 'The credential is of a run of another agent than the key of the client.',
    help: 'Send the credential that your own checkout answered with, or check out again.',
  },
  nobody_to_ask: {
    code: 'nobody_to_ask',
    kind: 'rule',
    cause: 'The client can show no form to a person.',
    help: 'Put the question to the person yourself and call again with the answer, or leave it: it waits.',
  },
} as const satisfies Record<string, ErrorDefinition>

/** A failure as data: what happened, and what would work. */
interface Told {
  readonly code: string
  readonly message: string
  readonly help: string
  readonly details: JsonObject
}

/** What is told of an error; of what is no error of Engine's nothing, but where it is found in the log. */
export function tell(error: unknown, known: readonly ErrorDefinition[], requestId: string): Told {
  if (!EngineError.isInstance(error) || error.kind === 'internal')
    return {
      code: 'internal',
      message: 'Something went wrong on our side.',
      help: 'Report it with the requestId.',
      details: { requestId },
    }
  const { code, message, details } = error
  const help = [...known, ...Object.values(mcpErrors)].find((definition) => definition.code === code)?.help ?? ''
  return { code, message, help, details }
}
