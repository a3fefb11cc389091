// Stands in for the daemon: answers `/startedz` and `/v1/testbed/clock` on HOME/api.sock and ends on SIGTERM.
// STAND_IN in the name of the home's node decides how it misbehaves: `fails…` ends at once, `stubborn…` ignores SIGTERM.
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, join } from 'node:path'

const home = process.argv[process.argv.indexOf('--home') + 1]
const name = basename(home)
if (!['config.yaml', 'network.yaml', 'node.key', 'certificate.json'].every((file) => existsSync(join(home, file)))) throw new Error('the home is not complete')
if (name.startsWith('fails')) {
  process.stderr.write('this node fails on purpose\n')
  process.exit(1)
}
const socket = join(home, 'api.sock')
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => { body += chunk })
  request.on('end', () => {
    if (request.url === '/v1/testbed/clock') writeFileSync(join(home, 'stepped'), body)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ schemaVersion: 1, ok: true, accepted: true }))
  })
})
server.listen(socket, () => { process.stdout.write('stand-in up\n') })
process.on('SIGTERM', () => {
  if (name.startsWith('stubborn')) return
  rmSync(socket, { force: true })
  process.exit(0)
})
