// A UDP port at which datagrams end and are counted one by one. Argument: the port. First line out: "ready"; then the count for each line in; ends with its input.
import { createSocket } from 'node:dgram'
import { createInterface } from 'node:readline'

const BUFFER = 4 << 20
let count = 0

const socket = createSocket('udp4', () => count++)
socket.bind(Number(process.argv[2]), '0.0.0.0', () => {
  socket.setRecvBufferSize(BUFFER)
  process.stdout.write('ready\n')
})
for await (const _ of createInterface({ input: process.stdin })) process.stdout.write(`${count}\n`)
socket.close()
