import { z } from 'zod'

import { ExecutionMode } from '../agents/schema.ts'
import { CompanyInput } from '../companies/schema.ts'
import { GoalLevel } from '../goals/schema.ts'
import { LongText, Name, Tags, TimeInput, jsonObject } from '../kernel/schema.ts'
import { RoutineInput } from '../routines/schema.ts'
import { TaskInput, TaskPriority } from '../tasks/schema.ts'

/** The most files of a package, and the longest of them in characters. */
export const mostFiles = 2_000
export const longestFile = 300_000
/** The most labels of a company in a package. */
export const mostLabels = 1_000
/** What of the 2 MiB of a request is left for files, in bytes. */
export const carriedBytes = 2 * 1024 * 1024 - 1024

export const PackageFile = z.strictObject({
  path: z.string().min(1).max(400).describe('Below the folder of the package, with / between names, such as `agents/ada/AGENTS.md`.'),
  content: z.string().max(longestFile),
})
export type PackageFile = z.infer<typeof PackageFile>

/** What a thing is called in a package: the name of its folder. */
export const Slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/, 'small letters, digits and -, as its folder is named')

const Title = z.string().trim().min(1).max(500)
const { requiresHireApproval, requiresStrategyApproval, brandColor, taskPrefix } = CompanyInput

/** The heads of the files, by what they are of. What is long is the text below the head. */
export const heads = {
  company: z.strictObject({
    schema: z.literal('engine.company/v1'),
    name: Name,
    taskPrefix,
    requiresHireApproval,
    requiresStrategyApproval,
    brandColor,
    defaultAgent: Slug.optional(),
    labels: z
      .array(z.strictObject({ name: Name, color: z.string().nullable().optional() }))
      .max(mostLabels)
      .optional(),
  }),
  goal: z.strictObject({
    title: Title,
    level: GoalLevel,
    status: z.enum(['planned', 'active']).default('active'),
    parent: Slug.optional(),
    owner: Slug.optional(),
  }),
  agent: z.strictObject({
    name: Name,
    role: Name,
    title: Name.optional(),
    icon: z.string().trim().min(1).max(64).optional(),
    reportsTo: Slug.optional(),
    executionMode: ExecutionMode.default('auto'),
    capabilities: Tags.optional(),
    specializations: Tags.optional(),
    tags: Tags.optional(),
  }),
  project: z.strictObject({
    name: Name,
    status: z.enum(['backlog', 'planned', 'in_progress']).default('backlog'),
    goal: Slug.optional(),
    lead: Slug.optional(),
    defaultAgent: Slug.optional(),
    targetDate: z.iso.date().optional(),
  }),
  skill: z.strictObject({ name: Title, project: Slug.optional(), tags: Tags.optional(), source: Title.optional() }),
  routine: z.strictObject({
    name: Name,
    task: z.strictObject({
      title: Title,
      description: LongText.optional(),
      priority: TaskPriority.optional(),
      assignee: Slug.optional(),
      project: Slug.optional(),
      goal: Slug.optional(),
      tags: TaskInput.tags,
      labels: z.array(Name).max(20).optional(),
      requiredCapabilities: TaskInput.requiredCapabilities,
      acceptanceCriteria: TaskInput.acceptanceCriteria,
    }),
    variables: RoutineInput.variables,
    concurrency: RoutineInput.concurrency,
    catchUp: RoutineInput.catchUp,
    schedules: z.array(z.strictObject({ expression: z.string().max(200), timeZone: z.string().max(64) })).optional(),
  }),
  task: z.strictObject({
    title: Title,
    priority: TaskPriority.optional(),
    assignee: Slug.optional(),
    goal: Slug.optional(),
    parent: Slug.optional(),
    blockedBy: z.array(Slug).max(50).optional(),
    labels: z.array(Name).max(20).optional(),
    tags: TaskInput.tags,
    requiredCapabilities: TaskInput.requiredCapabilities,
    acceptanceCriteria: TaskInput.acceptanceCriteria,
    dueDate: TimeInput.optional(),
    billingCode: z.string().trim().min(1).max(64).optional(),
    maxAttempts: TaskInput.maxAttempts,
    context: jsonObject.optional(),
  }),
} as const

const longText = 65_536

/** How long the text below a head may be, in characters: as long as what it becomes. */
export const longestBody: Readonly<Record<keyof typeof heads, number>> = {
  company: longText,
  agent: longText,
  goal: longText,
  project: longText,
  skill: 262_144,
  routine: longText,
  task: longText,
}

/** What is a folder each, in the order in which they are made: later ones name earlier ones. */
export const kinds = ['agent', 'goal', 'project', 'skill', 'routine', 'task'] as const
export type Kind = (typeof kinds)[number]

export const places: Readonly<Record<Kind, { readonly folder: string; readonly file: string }>> = {
  agent: { folder: 'agents', file: 'AGENTS.md' },
  goal: { folder: 'goals', file: 'GOAL.md' },
  project: { folder: 'projects', file: 'PROJECT.md' },
  skill: { folder: 'skills', file: 'SKILL.md' },
  routine: { folder: 'routines', file: 'ROUTINE.md' },
  task: { folder: 'tasks', file: 'TASK.md' },
}

export type Head<Of extends keyof typeof heads> = z.output<(typeof heads)[Of]>

/** One file of a package: its head, and the text below it. */
export interface Entry<Of extends Kind = Kind> {
  readonly slug: string
  readonly head: Head<Of>
  readonly body: string
  /** The folder of the project in which a task stands. */
  readonly project: string | null
}

export type Entries = { readonly [Of in Kind]: readonly Entry<Of>[] }

/** What is of this engine alone, and of no use to another system. */
export const Sidecar = z.strictObject({
  schema: z.literal('engine.sidecar/v1'),
  agents: z
    .record(
      Slug,
      z.strictObject({
        adapterType: z.string().max(64),
        settings: z.record(z.string(), z.union([z.string().max(500), z.number(), z.boolean()])).optional(),
        contextMode: z.enum(['thin', 'fat']).optional(),
        maxConcurrentRuns: z.number().int().min(1).max(50).optional(),
        maxConcurrentTasks: z.number().int().min(1).max(1_000).nullable().optional(),
        maxCostMicrosPerRun: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
      }),
    )
    .optional(),
  requirements: z
    .strictObject({
      secrets: z.array(z.string().max(200)).optional(),
      environment: z.record(Slug, z.array(z.string().max(200))).optional(),
    })
    .optional(),
})
export type Sidecar = z.output<typeof Sidecar>

export interface Content {
  readonly company: { readonly head: Head<'company'>; readonly body: string }
  readonly entries: Entries
  readonly sidecar: Sidecar
}

export const companyFile = 'COMPANY.md'
export const sidecarFile = 'engine.yaml'

/**
 * What of an adapter's configuration goes with a package: words that say which model and how hard it thinks. Commands, addresses,
 * folders and environments are for whoever runs the agents (PROMISES S11).
 */
export const portableSettings: readonly string[] = ['model', 'effort', 'maxTokens', 'maxOutputTokens', 'temperature']
