// The complete public surface of @engine/testing. What is not here is private. Nothing here needs a test runner.
export { createFakeClock } from './clock.ts'
export type { FakeClock } from './clock.ts'
export { runUntilIdle } from './idle.ts'
export type { IdleOptions } from './idle.ts'
export { repeatable } from './repeatable.ts'
export type { Repeatable } from './repeatable.ts'
export { createTestEngine } from './test-engine.ts'
export type { TestEngine, TestEngineOptions } from './test-engine.ts'
export { watched, watchTotals } from './watch/index.ts'
export type { TableCounts, TableViolation, TableWatch, WatchedStorage } from './watch/index.ts'
export { memoryBlobs } from './memory-blobs.ts'
export { intercepted } from './intercept.ts'
export type { BeforeStatement } from './intercept.ts'
export { until } from './until.ts'
export { errorOf } from './error-of.ts'
export type { SeenError } from './error-of.ts'
export { costs, crashes, ends, hangs, inTurn, scriptedAdapter, takes, zombie } from './scripted-adapter.ts'
export type { Script, ScriptedAdapter } from './scripted-adapter.ts'
export { recordingMeter } from './recording-meter.ts'
export type { RecordedHold, RecordingMeter } from './recording-meter.ts'
export { scriptedPlugins } from './scripted-plugin.ts'
export { scriptedDestination } from './scripted-destination.ts'
export type { ScriptedDestination, SentDelivery } from './scripted-destination.ts'
export { fakeAnthropic, fakeGemini, fakeOpenAi } from './fake-models/index.ts'
export type {
  FakeAnswer,
  FakeAnswers,
  FakeCall,
  FakeDelivery,
  FakeModel,
  FakeModelOptions,
  FakeRaw,
  FakeRefusal,
  FakeReply,
  FakeUsage,
} from './fake-models/index.ts'
export { createHistory, parseHistory } from './history.ts'
export type { CallOutcome, CallToRecord, History, HistoryOptions, RecordedCall } from './history.ts'
export { witness } from './witness/index.ts'
export type { Violation, WitnessOptions, WitnessRule } from './witness/index.ts'
export { checkLinearizable } from './wgl.ts'
export type { Linearizability, Model, TimedOperation } from './wgl.ts'
export { taskModel, taskOperations } from './models/task.ts'
export type { TaskOperation, TaskOwnership } from './models/task.ts'
export { countSteps, crashAt, crashFromEnvironment, crashPoints, parseCrashPoint } from './crash.ts'
export type { CrashPoint, Probe, StepCounter } from './crash.ts'
export { createFaultProxy } from './fault-proxy.ts'
export type { DataHook, Direction, FaultProxy } from './fault-proxy.ts'
export { chooseSeed, createRandom, withSeed } from './seed.ts'
export type { Random } from './seed.ts'
