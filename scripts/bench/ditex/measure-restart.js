/** How long it takes to open a store that `fill-store.js` made, and what memory that takes: `node measure-restart.js FOLDER ENTRIES`; prints JSON. */
import { clockAt, EPOCH_OF_QUESTIONS, replicaIn } from './bench-replica.js'
import { peakMebibytes, timed } from './listings.js'
import { LOG_LENGTH } from './places.js'

const [folder, entriesText] = process.argv.slice(2)
const ENTRIES = Number(entriesText)

const { replica } = replicaIn(folder, clockAt(EPOCH_OF_QUESTIONS))
const { wall, cpu } = await timed(() => replica.start())
const figures = { restartSeconds: wall, restartCpuSeconds: cpu, restartPeakMebibytes: peakMebibytes() }
if (replica.view.size !== ENTRIES - Math.ceil(ENTRIES / LOG_LENGTH)) throw new Error(`${replica.view.size} entries count after the restart`)
await replica.stop()
process.stdout.write(JSON.stringify(figures))
