// One host of the benchmark: the product's native datapath and nothing else. Argument: its init as JSON. First line out: its public key; then one line out for each line in; ends with its input.
import { createInterface } from 'node:readline'
import { createNativeDatapath } from '@srwan/datapath'

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)

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
  features: () => datapath.features()
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  say(ANSWERS[command.do](command))
}
await datapath.stop()
