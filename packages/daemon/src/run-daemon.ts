import { unlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { systemClock } from '@srwan/clock'
import { EXIT } from '@srwan/api'
import type { ExitCode } from '@srwan/api'
import { ms } from '@srwan/interface'
import type { Clock, Logger } from '@srwan/interface'
import type { Node } from '@srwan/node'
import { explainSystemError } from './errors.ts'
import { watchHealth } from './health-watch.ts'
import { loadHome } from './home.ts'
import type { Home, HomeInit } from './home.ts'
import { lockHome } from './lock.ts'
import type { ProcessLog } from './logging.ts'
import { addRevocation } from './revocation-store.ts'
import { watchSignals } from './signals.ts'
import type { StopSignals } from './signals.ts'
import type { NodeComponents } from './start-node.ts'

/** Where the daemon finds its home, and what it is made of. */
export interface DaemonOptions extends HomeInit {
  /** Lines for people instead of JSON. @default whether stderr is a terminal */
  readonly pretty?: boolean
  /** Called when the node has started. */
  readonly onStarted?: (node: Node) => void
  /** Makes the node. @default the composition root of packages/node */
  readonly createNode?: (home: Home, components: NodeComponents) => Promise<Node>
}

/** An orderly stop that takes longer is cut short. */
const STOP_DEADLINE = ms(10_000)

/**
 * Runs one node until a signal or `POST /v1/stop` ends it: the whole life of a daemon process.
 *
 * @returns the exit code; 0 after an orderly stop
 * @throws NoNetworkError, InvalidInputError, NotAuthorisedError, UnavailableResourceError before anything was created
 */
export async function runDaemon(options: DaemonOptions): Promise<ExitCode> {
  const clock = systemClock()
  const home = await loadHome(options, clock.wallTime())
  const lock = await lockHome(home.paths.lock).catch((error: unknown) => {
    throw explainSystemError(error)
  })
  const { createProcessLog } = await import('./logging.ts')
  const log = createProcessLog({ level: home.config.logLevel, pretty: options.pretty ?? process.stderr.isTTY })
  const logger = log.logger.forComponent('srwan:daemon')
  const signals = watchSignals(
    () => {
      removeSocket(home)
      lock.release()
      log.flush()
    },
    (text) => logger.info(text)
  )
  const release = catchStrays(logger, log, lock.release)
  try {
    return await live(home, options, { clock, log, logger, signals })
  } catch (error) {
    if (signals.signal.aborted) return EXIT.interrupted
    throw explainSystemError(error)
  } finally {
    removeSocket(home)
    lock.release()
    signals.dispose()
    release()
    log.flush()
  }
}

interface Life {
  readonly clock: Clock
  readonly log: ProcessLog
  readonly logger: Logger
  readonly signals: StopSignals
}

async function live(home: Home, options: DaemonOptions, life: Life): Promise<ExitCode> {
  const { clock, log, logger, signals } = life
  const make = options.createNode ?? (await import('./start-node.ts')).startNode
  const [node, { openInterface }] = await Promise.all([make(home, { clock, logger: log.logger }), import('./local-interface.ts')])
  let started = false
  const local = await openInterface(
    home,
    {
      node,
      logger,
      health: watchHealth(node, clock),
      requestStop: signals.request,
      keepRevocation: async (octets) => addRevocation(home.paths.revocations, octets)
    },
    () => started
  )
  try {
    await node.start(signals.signal)
    started = true
    logger.info('serving', { network: home.network.id, name: node.self.name, socket: home.paths.socket })
    options.onStarted?.(node)
    await aborted(signals.signal)
    return EXIT.ok
  } finally {
    const hadStarted = started
    started = false
    const stopped = Promise.all([node.stop(), local.close()]).then(() => true)
    const inTime = await Promise.race([stopped, clock.sleep(STOP_DEADLINE).then(() => false)])
    if (inTime && hadStarted) logger.info('stopped')
    if (!inTime) logger.error('the orderly stop took too long and was cut short')
  }
}

const aborted = async (signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return
  // A pending promise does not keep a process alive; the interface's socket does.
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function removeSocket(home: Home): void {
  try {
    unlinkSync(resolve(home.paths.socket))
  } catch {
    /* closing the server has removed it already */
  }
}

/** A rejection that nobody awaited is logged and survived; an exception outside any call ends the process, in order as far as possible. */
function catchStrays(logger: Logger, log: ProcessLog, release: () => void): () => void {
  const onRejection = (error: unknown): void => logger.error('a promise was rejected and nobody waited for it', { error })
  const onException = (error: unknown): void => {
    logger.error('unexpected exception', { error })
    release()
    log.flush()
    process.exit(EXIT.failure)
  }
  process.on('unhandledRejection', onRejection)
  process.on('uncaughtException', onException)
  return () => {
    process.off('unhandledRejection', onRejection)
    process.off('uncaughtException', onException)
  }
}
