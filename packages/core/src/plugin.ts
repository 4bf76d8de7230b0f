// What authors of storages, adapters and plugins import. Nothing else of core is theirs.
export { ADAPTER_SPEC } from './ports/adapter.ts'
export type {
  AdapterEvent,
  AdapterSession,
  AdapterStartOptions,
  AdapterTestOptions,
  AdapterTestReport,
  AdapterTurn,
  AgentAdapter,
  AgentTool,
  Hold,
  LogStream,
  Meter,
  MeteredCall,
  RunCallbacks,
  RunUsage,
  ToolAnswer,
} from './ports/adapter.ts'
export { ANCHOR_SPEC } from './ports/anchor.ts'
export type { Anchor, AnchorStore } from './ports/anchor.ts'
export { BLOBS_SPEC } from './ports/blob-store.ts'
export type { BlobStore } from './ports/blob-store.ts'
export { DESTINATION_SPEC } from './ports/destination.ts'
export type {
  DeliveredEvent,
  DeliveredFile,
  DeliveryBody,
  DeliveryRequest,
  DeliveryResult,
  Destination,
  DestinationTest,
  DigestEntry,
} from './ports/destination.ts'
export { EMBEDDER_SPEC } from './ports/embedder.ts'
export type { Embedder } from './ports/embedder.ts'
export type { Ask, AskRequest } from './ports/ask-contract.ts'
export { FailureClass, RunContext, RunOutcome } from './ports/run-contract.ts'
export { PRICES_SPEC } from './ports/prices.ts'
export type { Price, PriceBook, PriceTier, Rates } from './ports/prices.ts'
export { SECRETS_SPEC } from './ports/secret-store.ts'
export type { SecretStore } from './ports/secret-store.ts'
export { createRedactor } from './kernel/redactor.ts'
export type { RedactedStream, Redactor } from './kernel/redactor.ts'
export { isoTime, systemClock } from './ports/clock.ts'
export type { Clock } from './ports/clock.ts'
export { silentLogger } from './ports/logger.ts'
export type { Logger } from './ports/logger.ts'
export { STORAGE_SPEC } from './ports/storage.ts'
export type {
  AnswersAtOnce,
  BackupCopy,
  DatabaseFamily,
  DatabaseFile,
  Refusal,
  Storage,
  StorageHints,
  StorageSession,
  ThreadAccess,
  ThreadConnect,
  ThreadConnection,
} from './ports/storage.ts'
export { isSigned, webhookKey } from './routines/signatures.ts'
export { createTurns } from './kernel/turns.ts'
export { EngineError, defineErrors } from './kernel/errors.ts'
export type { ErrorDefinition, ErrorKind } from './kernel/errors.ts'
export type { JsonObject, JsonValue } from './kernel/json.ts'
export { definePlugin, pluginKit, subscription } from './plugin-host/define.ts'
export type { Policies } from './plugin-host/define.ts'
export type {
  EventOf,
  PluginCommandContext,
  PluginDefinition,
  PluginEventSchemas,
  PluginJob,
  PluginJobContext,
  PluginLog,
  PluginPolicyContext,
  PluginQuery,
  PluginQueryContext,
  PluginStartContext,
  PluginState,
  PluginSubscriptionDefinition,
  PluginTables,
  PluginUiSlot,
  PluginWebhook,
  PluginWorkContext,
} from './plugin-host/types.ts'
export { isolatedPlugin } from './plugin-host/isolated/plugin.ts'
export type { IsolatedManifest, IsolatedOptions, OutboundRequest } from './plugin-host/isolated/plugin.ts'
export type { OperationInput, OperationName } from './api.ts'
export type { Migration } from './database/history.ts'
export type { HttpMethod } from './kernel/command.ts'
export type { ReceivedRequest } from './kernel/plugins.ts'
export type { AnyEvent } from './kernel/events.ts'
/** The zod that Engine itself has, so that schemas of a plugin and of Engine are of one kind. */
export { z } from 'zod'
