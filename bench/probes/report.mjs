/** Tells the parent what this process has used since it began. */
export function report(facts = {}) {
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ ms: performance.now(), cpuMs: (user + system) / 1_000, rssMb: process.memoryUsage.rss() / 1e6, ...facts }))
}
