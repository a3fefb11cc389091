// One host of the benchmark and of the endurance run: the product's native datapath and nothing else. Argument: its init as JSON. First line out: its public key; then one line out for each line in; ends with its input.
import { createInterface } from 'node:readline'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createNativeDatapath } from '@srwan/datapath'

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

/** Octets of what is in use, resident and of JavaScript's among them: what the garbage collector has not yet looked at is no leak. */
function memory() {
  collectGarbage()
  const { rss, heapUsed } = process.memoryUsage()
  return { resident: rss, heap: heapUsed }
}

const datapath = createNativeDatapath(JSON.parse(process.argv[2]))
datapath.on('failure', ({ code, message }) => process.stderr.write(`datapath: ${code}: ${message}\n`))
try {
  await datapath.start()
} catch (error) {
  say({ code: error.code, message: error.message })
  process.exit(1)
}
say({ publicKey: Buffer.from(datapath.publicKey).toString('hex') })

const ANSWERS = {
  reconfigure: ({ config }) => datapath.reconfigure({ ...config, peers: config.peers.map((peer) => ({ ...peer, publicKey: new Uint8Array(Buffer.from(peer.publicKey, 'hex')) })) }),
  counters: () => datapath.counters(),
  sessions: () => datapath.sessions(),
  memory,
  features: () => datapath.features()
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  say(ANSWERS[command.do](command))
}
await datapath.stop()
