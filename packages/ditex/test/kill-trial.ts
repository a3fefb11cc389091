import { spawn } from 'node:child_process'
import { appendFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { firstKeptEpoch } from '../src/replica/admission.ts'
import type { Random } from '@srwan/interface'

const PROGRAM = fileURLToPath(new URL('./appending-process.ts', import.meta.url))
/** What a restarted process may need until it appends, on a busy machine. */
const START_LIMIT = 300_000
/** Of those that are killed while they open their store or ask for their heads: within so many milliseconds of beginning it. */
const OPENING = 60
/** Lines after which a life ends at the latest. */
const MOST_LINES = 400

/** What was seen over all lives of one store. */
export interface KillRecord {
  /** Hash of every entry that was acknowledged or left the process, by `author epoch seq`. */
  readonly said: Map<string, string>
  /** Epoch in which the next life begins. */
  epoch: number
  acknowledged: number
  /** Entries of others that were taken. */
  taken: number
  /** Lives that ended before they appended anything, as they were to. */
  stillborn: number
  lives: number
  /** Epochs that were dropped. */
  dropped: number
  /** What must not happen, as sentences. */
  readonly faults: string[]
}

/** A store and what belongs to it over all lives. */
export interface KilledStore {
  readonly location: string
  readonly seed: string
  /** What left the process, as its peers hold it. */
  readonly peersFile: string
}

export function newKillRecord(epoch: number): KillRecord {
  return { said: new Map(), epoch, acknowledged: 0, taken: 0, stillborn: 0, lives: 0, dropped: 0, faults: [] }
}

interface Life {
  readonly held: Map<string, string>
  /** Encoded, as they left. */
  readonly sent: string[]
  left: number
  began: boolean
  errors: string
}

/**
 * One life: starts the process, compares what it holds with what it said before, lets it append, and kills it at a random point.
 *
 * @param dies - `opening`: before it appends
 */
export async function liveAndDie(record: KillRecord, store: KilledStore, { random, dies }: { readonly random: Random; readonly dies: 'opening' | 'appending' }): Promise<void> {
  const child = spawn(process.execPath, ['--conditions=source', '--import=tsx', PROGRAM, store.location, store.seed, String(record.epoch), store.peersFile], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), START_LIMIT)
  const life: Life = { held: new Map(), sent: [], left: Math.floor(random.next() * MOST_LINES), began: false, errors: '' }
  child.stderr.on('data', (text) => (life.errors += text))
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.endsWith(' .')) continue
    hear(record, life, line.split(' ').slice(0, -1))
    if (dies === 'opening' && line === 'OPENING .') setTimeout(() => child.kill('SIGKILL'), random.next() * OPENING)
    // Between lines too: a random moment of the write that follows.
    if (life.began && life.left-- === 0) setTimeout(() => child.kill('SIGKILL'), random.next() * 4)
  }
  clearTimeout(limit)
  record.lives++
  await appendFile(store.peersFile, life.sent.map((entry) => `${entry}\n`).join(''))
  if (life.began) return
  if (dies === 'opening' && life.errors === '') record.stillborn++
  else record.faults.push(`life ${record.lives} never began: ${life.errors.slice(0, 500)}`)
}

/** What a line says behind its first word. */
interface Said {
  readonly fields: readonly string[]
  /** `author epoch seq` */
  readonly at: string
  readonly hash: string
}

const LINES: Readonly<Record<string, (record: KillRecord, life: Life, said: Said) => void>> = {
  DAMAGED: ({ faults }, _life, { fields }) => faults.push(`a killed process left damage: ${fields.join(' ')}`),
  REFUSED: ({ faults }, _life, { fields }) => faults.push(`an append was refused: ${fields.join(' ')}`),
  HELD: (_record, { held }, { at, hash }) => held.set(at, hash),
  EPOCH: (record, _life, { fields }) => {
    record.epoch = Number(fields[0])
  },
  READY: (record, life, { fields }) => {
    life.began = true
    if (fields[0] !== '0') record.faults.push(`the incarnation is ${fields[0]}: own entries were lost`)
    compare(record, life.held)
  },
  SENT: (record, { sent }, { at, hash, fields }) => {
    sent.push(fields[4] ?? '')
    say(record, at, hash)
  },
  TAKEN: (record, _life, { at, hash }) => {
    record.taken++
    say(record, at, hash)
  },
  ACKNOWLEDGED: (record, _life, { at, hash }) => {
    record.acknowledged++
    say(record, at, hash)
  }
}

function hear(record: KillRecord, life: Life, [word = '', ...fields]: readonly string[]): void {
  LINES[word]?.(record, life, { fields, at: fields.slice(0, 3).join(' '), hash: fields[3] ?? '' })
}

/** The machine goes on, so what a process had written is there, also what it did not wait for the disk with. */
function compare(record: KillRecord, held: ReadonlyMap<string, string>): void {
  const first = firstKeptEpoch(record.epoch)
  const dropped = new Set<string>()
  for (const [at, hash] of record.said) {
    const [, epoch = ''] = at.split(' ')
    if (Number(epoch) >= first) {
      if (held.get(at) !== hash) record.faults.push(`the entry ${at} was said and is ${held.has(at) ? 'another' : 'lost'}`)
    } else {
      dropped.add(epoch)
      record.said.delete(at)
      if (held.has(at)) record.faults.push(`the entry ${at} is of an epoch that is gone`)
    }
  }
  record.dropped += dropped.size
  // What was written and never said goes on from there.
  for (const [at, hash] of held) record.said.set(at, hash)
}

function say(record: KillRecord, at: string, hash: string): void {
  const before = record.said.get(at)
  if (before !== undefined && before !== hash) record.faults.push(`two entries at ${at}: a fork`)
  record.said.set(at, hash)
}
