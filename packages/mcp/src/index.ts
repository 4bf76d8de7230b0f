// The complete public surface of @engine/mcp.
export { mcpEndpoint } from './endpoint.ts'
export type { Endpoint, EndpointOptions } from './endpoint.ts'
export { serveOverStdio } from './stdio.ts'
export type { StdioOptions } from './stdio.ts'
