/** Numbers that a host may change; the defaults are the promises of docs/RELIABILITY (PROMISES P3, P4). */
export interface EngineSettings {
  /** How long a run may be silent before its task is taken back, milliseconds. */
  readonly leaseMs: number
  /** How long somebody's code may keep the event loop from turning before this process's leases are no longer renewed, milliseconds. */
  readonly maxBlockedMs: number
  /** How often expired leases are looked for, milliseconds. */
  readonly sweepMs: number
  /** The longest that queued work waits when every notification was lost, milliseconds. */
  readonly pollMs: number
  /** First step of the full-jitter wait before a retry, milliseconds. */
  readonly retryBaseMs: number
  readonly retryCapMs: number
  /** The shortest time that a provider which let nobody work is left alone, milliseconds; it doubles with each failure in a row. */
  readonly cooldownBaseMs: number
  /** The longest, unless the provider asks for more, milliseconds. */
  readonly cooldownCapMs: number
  /** How long a run that tries a provider may show nothing before one more may try it too, milliseconds. */
  readonly probeMs: number
  /** Runs that this process executes at once. */
  readonly maxConcurrentRuns: number
  /** How often a process that executes runs says that it lives, milliseconds; silent for three times that, it is shown as lost. */
  readonly workerBeatMs: number
  /** How long `stop()` lets live runs end by themselves before it releases them, milliseconds. */
  readonly stopGraceMs: number
  /** How long `stop()` takes at most, milliseconds: adapters that do not end when their runs are released are left behind (PROMISES P19). */
  readonly stopMs: number
  /** How long an adapter that was told to stop may take before its run is concluded without it, milliseconds. */
  readonly abandonMs: number
  /** How long the test of an agent's configuration may take, milliseconds. */
  readonly adapterTestMs: number
  /** How many runs one conversation of an agent about a task may have before the next one begins anew. */
  readonly sessionRuns: number
  /** How many input tokens may have gone into it. */
  readonly sessionInputTokens: number
  /** How old it may be, milliseconds. */
  readonly sessionMs: number
  /** Deliveries of one route that this process sends at once, and of all routes together. */
  readonly deliveriesPerRoute: number
  readonly maxConcurrentDeliveries: number
  /** How long sending a delivery may take, milliseconds. */
  readonly deliveryTimeoutMs: number
  /** After how long a delivery that a process took is another's to send, milliseconds; twice what sending may take when left out. */
  readonly deliveryLeaseMs: number
  /** How many tasks one run may create. */
  readonly tasksPerRun: number
  /** How long a policy of a plugin may think about a command, whose transaction is open meanwhile, milliseconds. */
  readonly policyMs: number
  /** How long a command of a plugin may work in its transaction, for whose locks others wait, milliseconds. */
  readonly pluginCommandMs: number
  /** How old events are at most when they are sealed, milliseconds. */
  readonly sealMs: number
  /** How often a company's seals are anchored when there is something new, milliseconds, or after how many events. */
  readonly anchorMs: number
  readonly anchorEvents: number
  /** How long a session lasts that is not used, and how long one lasts at all, milliseconds. */
  readonly sessionIdleMs: number
  readonly sessionLifeMs: number
  /** How long the log of accounts is kept, days: who logged in from where, and what became of accounts. */
  readonly accountLogDays: number
  /** What checking a password costs: the binary logarithm of the N of scrypt. */
  readonly passwordCost: number
  /** What is kept of a run's log, bytes. */
  readonly runLogBytes: number
  /** About how many tokens of its company's knowledge a run is given. */
  readonly knowledgeTokens: number
  /** About how many tokens a run is told of its task, knowledge included. */
  readonly contextTokens: number
}

export const defaultSettings: EngineSettings = {
  leaseMs: 30_000,
  maxBlockedMs: 120_000,
  sweepMs: 5_000,
  pollMs: 2_000,
  retryBaseMs: 5_000,
  retryCapMs: 300_000,
  cooldownBaseMs: 15_000,
  cooldownCapMs: 1_800_000,
  probeMs: 60_000,
  maxConcurrentRuns: 8,
  workerBeatMs: 10_000,
  stopGraceMs: 5_000,
  stopMs: 30_000,
  // A program may be given up to 60 seconds between SIGTERM and SIGKILL.
  abandonMs: 65_000,
  adapterTestMs: 30_000,
  sessionRuns: 200,
  sessionInputTokens: 2_000_000,
  sessionMs: 72 * 3_600_000,
  deliveriesPerRoute: 16,
  maxConcurrentDeliveries: 256,
  deliveryTimeoutMs: 30_000,
  deliveryLeaseMs: 60_000,
  tasksPerRun: 20,
  policyMs: 2_000,
  pluginCommandMs: 30_000,
  sealMs: 2_000,
  anchorMs: 300_000,
  anchorEvents: 1_000,
  sessionIdleMs: 7 * 86_400_000,
  sessionLifeMs: 30 * 86_400_000,
  accountLogDays: 365,
  passwordCost: 15,
  runLogBytes: 10 * 1024 * 1024,
  knowledgeTokens: 4_000,
  contextTokens: 32_000,
}

/**
 * The defaults, and what a host says instead; what it leaves open stays the default.
 * @throws for a name that is no setting, what is no number from 0 on, and a delivery that others send while it is being sent
 */
export function settingsOf(given: Partial<EngineSettings> = {}): EngineSettings {
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  for (const [name, value] of said) checkSetting(name, value)
  const settings = { ...defaultSettings, ...Object.fromEntries(said) }
  const { deliveryTimeoutMs } = settings
  const deliveryLeaseMs = given.deliveryLeaseMs ?? 2 * deliveryTimeoutMs
  if (deliveryLeaseMs <= deliveryTimeoutMs)
    throw new Error(
      `settings.deliveryLeaseMs (${deliveryLeaseMs}) must be more than settings.deliveryTimeoutMs (${deliveryTimeoutMs}), or a delivery is sent by another process while it is being sent.`,
    )
  return { ...settings, deliveryLeaseMs }
}

/** A loop that waits for NaN milliseconds does not wait at all, and nobody would be told why. */
function checkSetting(name: string, value: unknown): void {
  if (!Object.hasOwn(defaultSettings, name))
    throw new Error(`There is no setting "${name}". There are ${Object.keys(defaultSettings).join(', ')}.`)
  if (typeof value !== 'number' || !(value >= 0))
    throw new Error(
      `settings.${name} must be a number from 0 on, not ${typeof value === 'string' ? JSON.stringify(value) : String(value)}.`,
    )
}
