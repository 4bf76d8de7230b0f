// Watches over one server that a test run started. Its standard input closes when that run ends, killed outright included:
// then it ends the server and removes the server's folders. Each line it reads is the process id to end, 0 when there is none.
// Plain JavaScript, because a guard that does not start on an older Node would guard nothing.
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

/** The signal is one with which the server ends at once and takes its own children along. */
const [signal = 'SIGKILL', ...folders] = process.argv.slice(2)
const PATIENCE_MS = 10_000

let pid = 0
for await (const line of createInterface({ input: process.stdin })) pid = Number(line)
if (pid > 0 && sent(pid, signal)) await gone(pid)
// Children of a server that was killed may still write as they end.
for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })

async function gone(serverPid) {
  const deadline = Date.now() + PATIENCE_MS
  while (sent(serverPid, 0) && !isUnburied(serverPid)) {
    if (Date.now() > deadline) {
      sent(serverPid, 'SIGKILL')
      return
    }
    await sleep(5)
  }
}

/** False when there is no such process any more. */
function sent(serverPid, what) {
  try {
    return process.kill(serverPid, what)
  } catch {
    return false
  }
}

/** It has ended, but who inherited it (the first process of a container, say) does not ask how. */
function isUnburied(serverPid) {
  try {
    return /\) Z [^)]*$/.test(readFileSync(`/proc/${serverPid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
