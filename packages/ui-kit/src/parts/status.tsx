import { CircleAlert, CircleCheck, CircleDashed, CircleDot, CirclePause, CircleSlash, Circle, Eye, type LucideIcon } from 'lucide-react'

import { words } from '../data/said.ts'

type Tone = 'calm' | 'busy' | 'good' | 'warn' | 'bad'

/** Each status has a shape as well as a colour. */
const looks: Readonly<Record<string, readonly [LucideIcon, Tone]>> = {
  accepted: [CircleCheck, 'good'],
  achieved: [CircleCheck, 'good'],
  active: [CircleDot, 'good'],
  answered: [CircleCheck, 'good'],
  approved: [CircleCheck, 'good'],
  archived: [CircleSlash, 'calm'],
  backlog: [CircleDashed, 'calm'],
  blocked: [CircleAlert, 'bad'],
  cancelled: [CircleSlash, 'calm'],
  coalesced: [CircleDot, 'calm'],
  completed: [CircleCheck, 'good'],
  created: [CircleCheck, 'good'],
  delivered: [CircleCheck, 'good'],
  destroyed: [CircleSlash, 'calm'],
  disabled: [CirclePause, 'warn'],
  done: [CircleCheck, 'good'],
  draining: [CirclePause, 'warn'],
  error: [CircleAlert, 'bad'],
  expired: [CircleSlash, 'calm'],
  exhausted: [CircleAlert, 'bad'],
  failed: [CircleAlert, 'bad'],
  idle: [Circle, 'calm'],
  installed: [Eye, 'warn'],
  interrupted: [CircleAlert, 'warn'],
  in_progress: [CircleDot, 'busy'],
  in_review: [Eye, 'warn'],
  lost: [CircleAlert, 'bad'],
  missing: [CircleAlert, 'bad'],
  open: [CircleAlert, 'bad'],
  parked: [CircleAlert, 'bad'],
  passed: [CircleCheck, 'good'],
  paused: [CirclePause, 'warn'],
  pending: [Eye, 'warn'],
  pending_approval: [Eye, 'warn'],
  planned: [CircleDashed, 'calm'],
  planning: [CircleDashed, 'calm'],
  quarantined: [CircleAlert, 'bad'],
  queued: [CircleDashed, 'calm'],
  ready: [CircleCheck, 'good'],
  rejected: [CircleSlash, 'bad'],
  removed: [CircleSlash, 'calm'],
  resolved: [CircleCheck, 'good'],
  retrying: [CircleDot, 'warn'],
  revoked: [CircleSlash, 'calm'],
  revision_requested: [CircleDot, 'warn'],
  running: [CircleDot, 'busy'],
  skipped: [CircleSlash, 'calm'],
  succeeded: [CircleCheck, 'good'],
  stopped: [CircleSlash, 'calm'],
  success: [CircleCheck, 'good'],
  terminated: [CircleSlash, 'calm'],
  timed_out: [CircleAlert, 'bad'],
  todo: [Circle, 'calm'],
  uninstalled: [CircleSlash, 'calm'],
  waiting: [CirclePause, 'warn'],
  warned: [CircleDot, 'warn'],
}

export function toneOf(status: string): Tone {
  return looks[status]?.[1] ?? 'calm'
}

export function Status({ of, isBare = false }: { of: string; isBare?: boolean }) {
  const [Icon, tone] = looks[of] ?? [Circle, 'calm']
  return (
    <span className="eng-badge" data-tone={tone}>
      <Icon size={14} aria-hidden />
      <span className={isBare ? 'eng-hidden' : undefined}>{words(of)}</span>
    </span>
  )
}

const bars: Readonly<Record<string, string>> = { critical: '!!!', high: '!!', medium: '!', low: '·' }

export function Priority({ of }: { of: string }) {
  return (
    <span
      className="eng-badge eng-mono"
      data-tone={of === 'critical' ? 'bad' : of === 'high' ? 'warn' : undefined}
      title={`${of} priority`}
    >
      <span aria-hidden>{bars[of] ?? ''}</span>
      <span className="eng-hidden">{of} priority</span>
    </span>
  )
}
