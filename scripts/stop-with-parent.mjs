// Loaded into the server ahead of its own code: when the process that started it is gone, killed outright included, the server is asked to stop.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
// A process forked by the server has its own parent and its own channel.
process.execArgv = process.execArgv.filter((argument) => !argument.startsWith('--import=') || !argument.endsWith('/stop-with-parent.mjs'))
