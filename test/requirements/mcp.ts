import type { Requirement } from './requirement.ts'

/** The tools for clients of the Model Context Protocol. */
export const mcp: readonly Requirement[] = [
  {
    id: 'wire.mcp',
    source: 'DOMAIN §4',
    behaviour: 'Every operation is a tool for clients of the Model Context Protocol, for the keys that may use it.',
    verifiedBy: { file: 'test/mcp-permissions.test.ts', test: 'are shown to each kind of key as far as it may use them' },
  },
  {
    id: 'wire.mcp.own',
    source: 'PROMISES P16',
    behaviour: 'By no tool anything of another company is found.',
    verifiedBy: { file: 'test/mcp.test.ts', test: "find nothing of another company's, and change nothing there" },
  },
  {
    id: 'wire.mcp.clients',
    source: 'PROMISES S19',
    behaviour: 'Two clients at once never see what the other one asked for.',
    verifiedBy: { file: 'test/mcp.test.ts', test: 'never see what the other one asked for' },
  },
  {
    id: 'wire.mcp.day',
    source: 'DOMAIN §4',
    behaviour: 'An external agent does its whole work by tools with its key alone.',
    verifiedBy: { file: 'test/mcp-clients.test.ts', test: 'does its whole day over HTTP with its key alone' },
  },
  {
    id: 'wire.mcp.people',
    source: 'DOMAIN §5',
    behaviour: 'The client of an agent answers no question for a person.',
    verifiedBy: { file: 'test/mcp-clients.test.ts', test: 'is never answered by the client of an agent' },
  },
]
