import { createClient, EXIT } from '@srwan/api/light'
import type { PingDocument } from '@srwan/api/light'
import { systemClock } from '@srwan/clock'
import { ms } from '@srwan/interface'
import type { Context } from '../context.ts'
import { countOption, durationOption } from '../option-values.ts'
import { safe } from '../text/quantities.ts'

/** Most probes of one command; longer watches are for metrics. */
const MAX_COUNT = 10_000
/** The daemon's bound for one request. */
const MAX_COUNT_OF_ONE = 100
const MIN_INTERVAL_MS = 10
const MAX_INTERVAL_MS = 10_000

/** `srwan ping DST`: exit code 1 where nothing came back. */
export async function ping(context: Context, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const json = context.options.json === true
  const count = countOption('--count', options['count'], { minimum: 1, maximum: json ? MAX_COUNT_OF_ONE : MAX_COUNT })
  const intervalMs = durationOption('--interval', options['interval'], { minimum: MIN_INTERVAL_MS, maximum: MAX_INTERVAL_MS })
  const request = { destination: args[0] ?? '', color: String(options['color']), count, intervalMs }
  return json ? pingOnce(context, request) : pingOneByOne(context, request)
}

interface Request {
  readonly destination: string
  readonly color: string
  readonly count: number
  readonly intervalMs: number
}

async function pingOnce(context: Context, { destination, ...query }: Request): Promise<number> {
  const client = createClient({ socket: context.paths.socket, timeoutMs: query.count * query.intervalMs + 30_000 })
  const document = await client.ping(destination, query, context.signal)
  context.json(document)
  return document.roundTripMs === null ? EXIT.failure : EXIT.ok
}

async function pingOneByOne(context: Context, request: Request): Promise<number> {
  const times: (number | null)[] = []
  try {
    await pace(context, request, async (sequence, path) => {
      const document = await context.client.ping(request.destination, { color: request.color, count: 1, intervalMs: MIN_INTERVAL_MS }, context.signal)
      const name = safe(document.destination.name ?? document.destination.sid)
      const now = pathText(document)
      if (now !== path) context.print(`${sequence === 0 ? 'PING' : 'now'} ${name} (${document.destination.overlayAddress}) ${now}`)
      const time = document.probes[0]?.roundTripMs ?? null
      times.push(time)
      context.print(time === null ? `no reply: seq=${sequence}` : `reply from ${name}: seq=${sequence} time=${time.toFixed(2)} ms`)
      return now
    })
  } catch (error) {
    if (!context.signal.aborted) throw error
  }
  if (times.length > 0) for (const line of summary(times)) context.print(line)
  if (context.signal.aborted) return EXIT.interrupted
  return times.every((time) => time === null) ? EXIT.failure : EXIT.ok
}

/** One probe per interval, the first at once; each is told what the one before returned. */
async function pace({ signal }: Context, { count, intervalMs }: Request, probe: (sequence: number, previous: string) => Promise<string>): Promise<void> {
  const clock = systemClock()
  let previous = ''
  let next = clock.now()
  for (let sequence = 0; sequence < count; sequence++) {
    if (sequence > 0) await keepAlive(clock.sleep(ms(Math.max(0, next - clock.now())), signal))
    next = ms(clock.now() + intervalMs)
    previous = await probe(sequence, previous)
  }
}

/** The clock's timers do not keep a process alive; waiting for the next probe must. */
async function keepAlive(pending: Promise<void>): Promise<void> {
  const handle = setInterval(() => {}, MAX_INTERVAL_MS)
  await pending.finally(() => clearInterval(handle))
}

function pathText({ path, names }: PingDocument): string {
  const route = (segments: readonly string[]): string => segments.map((sid) => safe(names[sid] ?? sid)).join(' → ')
  return `there over ${route(path.forward)}, back over ${route(path.reverse)}`
}

function summary(times: readonly (number | null)[]): string[] {
  const answered = times.filter((time): time is number => time !== null)
  const loss = (100 * (times.length - answered.length)) / times.length
  const counted = `${times.length} probes sent, ${answered.length} answered, ${loss.toFixed(loss % 1 === 0 ? 0 : 1)}% lost`
  if (answered.length === 0) return ['', counted]
  const average = answered.reduce((sum, time) => sum + time, 0) / answered.length
  return ['', counted, `round trip min/avg/max = ${[Math.min(...answered), average, Math.max(...answered)].map((time) => time.toFixed(2)).join('/')} ms`]
}
