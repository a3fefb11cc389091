import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Random } from '@srwan/interface'

const PROGRAM = fileURLToPath(new URL('./appending-process.ts', import.meta.url))
/** What a restarted process may need until it appends, on a busy machine. */
const START_LIMIT = 120_000

/** What was seen over all lives of one store. */
export interface KillRecord {
  /** Hash of every entry that was acknowledged or left the process, by `epoch seq`. */
  readonly said: Map<string, string>
  acknowledged: number
  lives: number
  /** What must not happen, as sentences. */
  readonly faults: string[]
}

export function newKillRecord(): KillRecord {
  return { said: new Map(), acknowledged: 0, lives: 0, faults: [] }
}

/**
 * One life: starts the process, compares what it holds with what it said before, lets it append, and kills it at a random point.
 *
 * @param most - appends after which it dies at the latest
 */
export async function liveAndDie(
  record: KillRecord,
  store: { readonly location: string; readonly seed: string; readonly epoch: number },
  random: Random,
  most = 60
): Promise<void> {
  const child = spawn(process.execPath, ['--conditions=source', '--import=tsx', PROGRAM, store.location, store.seed, String(store.epoch)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const limit = setTimeout(() => child.kill('SIGKILL'), START_LIMIT)
  const held = new Map<string, string>()
  const lines = { left: Math.floor(random.next() * most), ready: false, errors: '' }
  child.stderr.on('data', (text) => (lines.errors += text))
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, epoch, seq, hash = ''] = line.split(' ')
    if (word === 'DAMAGED') record.faults.push(`a killed process left damage: ${line}`)
    else if (word === 'HELD') held.set(`${epoch} ${seq}`, hash)
    else if (word === 'READY') {
      lines.ready = true
      compare(record, held)
    } else say(record, word === 'ACKNOWLEDGED', `${epoch} ${seq}`, hash)
    // Between lines too: a random moment of the write that follows.
    if (lines.ready && lines.left-- === 0) setTimeout(() => child.kill('SIGKILL'), random.next() * 4)
  }
  clearTimeout(limit)
  record.lives++
  if (!lines.ready) record.faults.push(`life ${record.lives} never began: ${lines.errors.slice(0, 500)}`)
}

function compare(record: KillRecord, held: ReadonlyMap<string, string>): void {
  for (const [at, hash] of record.said) if (held.get(at) !== hash) record.faults.push(`the entry ${at} was said and is ${held.has(at) ? 'another' : 'lost'}`)
  // What was written and never said is the author's own and goes on from there.
  for (const [at, hash] of held) record.said.set(at, hash)
}

function say(record: KillRecord, acknowledged: boolean, at: string, hash: string): void {
  const before = record.said.get(at)
  if (before !== undefined && before !== hash) record.faults.push(`two entries at ${at}: a fork of one's own`)
  record.said.set(at, hash)
  if (acknowledged) record.acknowledged++
}
