/** How long OrbitDB's log takes to be opened, and to be read: `node measure-orbitdb-restart.js FOLDER MODULE ENTRIES`, on what `measure-orbitdb.js` left; prints JSON. */
import { join } from 'node:path'
import { peakMebibytes, timed } from './listings.js'
import { importOrbitDb } from './orbitdb-peer.js'
import { benchIdentity, openBenchLog } from './orbitdb-log.js'

const [folder, moduleFile, entriesText] = process.argv.slice(2)
const parts = await importOrbitDb(moduleFile)
const { identity } = await benchIdentity(parts)
const opened = await timed(() => openBenchLog(parts, join(folder, 'append'), identity))
const log = opened.result
const read = await timed(() => log.values())
if (read.result.length !== Number(entriesText)) throw new Error(`${read.result.length} entries after the restart`)
const figures = {
  openSeconds: opened.wall,
  restartSeconds: opened.wall + read.wall,
  restartCpuSeconds: opened.cpu + read.cpu,
  restartPeakMebibytes: peakMebibytes()
}
await log.close()
process.stdout.write(JSON.stringify(figures))
