// Preloaded into a daemon: on SIGUSR2 its JavaScript stands still for ten seconds, as under a blocking computation.
const BUSY_MS = 10_000

process.on('SIGUSR2', () => {
  const end = Date.now() + BUSY_MS
  while (Date.now() < end);
})
