// What authors of storages, adapters and plugins import. Nothing else of core is theirs.
export { ADAPTER_SPEC } from './ports/adapter.ts'
export type {
  AdapterEvent,
  AdapterSession,
  AdapterStartOptions,
  AdapterTurn,
  AgentAdapter,
  LogStream,
  RunUsage,
} from './ports/adapter.ts'
export { FailureClass, RunContext, RunOutcome } from './ports/run-contract.ts'
export { isoTime, systemClock } from './ports/clock.ts'
export type { Clock } from './ports/clock.ts'
export { silentLogger } from './ports/logger.ts'
export type { Logger } from './ports/logger.ts'
export { STORAGE_SPEC } from './ports/storage.ts'
export type { DatabaseFamily, Storage } from './ports/storage.ts'
export { EngineError, defineErrors } from './kernel/errors.ts'
export type { ErrorDefinition, ErrorKind } from './kernel/errors.ts'
export type { JsonObject, JsonValue } from './kernel/json.ts'
