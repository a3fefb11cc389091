import { expect } from 'chai'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ip, NetnsUnderlay, overlay, requireNamespaces } from './fixtures/netns-underlay.ts'
import type { NetnsNode } from './fixtures/netns-underlay.ts'

const FILE_OCTETS = 32 << 20
/** Sends `count` datagrams of `size` octets, numbered, in super-packets where Python lets it: option 103 is UDP_SEGMENT. */
const UDP_SENDER = `
import socket,sys
to,size,count,segments=sys.argv[1],int(sys.argv[2]),int(sys.argv[3]),int(sys.argv[4])
s=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM)
if segments>1: s.setsockopt(17,103,size)
for first in range(0,count,segments):
  s.sendto(b''.join(n.to_bytes(4,'big')*(size//4) for n in range(first,min(count,first+segments))),(to,7001))
`
/** Says how many datagrams came whole, right and in order of their numbers, after \`count\` of them or 3 s of silence. */
const UDP_RECEIVER = `
import socket,sys
size,count=int(sys.argv[1]),int(sys.argv[2])
s=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET,33,8<<20)
s.bind(('::',7001)); s.settimeout(3); print('ready',flush=True)
right,last=0,-1
try:
  for _ in range(count):
    d=s.recv(65536); n=int.from_bytes(d[:4],'big')
    if len(d)==size and d==d[:4]*(size//4) and n>last: right+=1
    last=n
except socket.timeout: pass
print(right,flush=True)
`

describe('native datapath with the kernel’s offloads, in network namespaces', function () {
  this.timeout(90_000)
  let net: NetnsUnderlay
  let a: NetnsNode
  let b: NetnsNode
  const children: ChildProcess[] = []

  before(async function () {
    requireNamespaces.call(this)
    net = await NetnsUnderlay.create(2)
    ;[a, b] = net.nodes as [NetnsNode, NetnsNode]
    await net.launchAll()
    expect((await a.exec('ping', '-c', '1', '-W', '5', overlay(1))).code).to.equal(0)
  })

  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await net?.destroy()
  })

  /** A program in a node's namespace that says a first line when it is ready. @returns its further lines */
  const serve = async (node: NetnsNode, ...command: readonly string[]): Promise<AsyncIterator<string>> => {
    const child = spawn('ip', ['netns', 'exec', node.namespace, ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    await lines.next()
    return lines
  }

  const has = async (...command: readonly string[]): Promise<boolean> => (await a.exec(...command)).code === 0

  it('uses what this kernel has', async () => {
    const features = await a.features()
    // Linux 6.2 and later: both kinds of super-packets.
    expect(features.tunOffload).to.be.oneOf(['tso', 'tso+uso'])
    expect(features).to.include({ udpSegmentation: true, udpReceiveOffload: true })
  })

  it('a file fetched both ways is the same file', async function () {
    if (!(await has('curl', '--version')) || !(await has('python3', '--version'))) {
      process.stdout.write('      skipped: needs curl and python3\n')
      this.skip()
    }
    const directory = await mkdtemp(join(tmpdir(), 'srwan-offload-'))
    try {
      const octets = randomBytes(FILE_OCTETS)
      await writeFile(join(directory, 'file'), octets)
      const hash = createHash('sha256').update(octets).digest('hex')
      for (const [from, to, index] of [
        [a, b, 0],
        [b, a, 1]
      ] as const) {
        await serve(from, 'python3', '-u', '-m', 'http.server', '--bind', overlay(index), '--directory', directory, '8000')
        const { output } = await to.exec('sh', '-c', `curl -sS --retry 5 --retry-connrefused http://[${overlay(index)}]:8000/file | sha256sum`)
        expect(output).to.include(hash)
      }
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('TCP goes on when the device’s MTU, and with it the size of the packets in a super-packet, changes', async function () {
    if (!(await has('iperf3', '--version'))) {
      process.stdout.write('      skipped: needs iperf3\n')
      this.skip()
    }
    const iperf = async (...options: readonly string[]): Promise<{ sum_received: { bytes: number } }> => {
      await serve(b, 'iperf3', '-s', '-1', '--forceflush')
      const { output } = await a.exec('iperf3', '-J', '-c', overlay(1), '-n', '32M', ...options)
      return (JSON.parse(output) as { end: { sum_received: { bytes: number } } }).end
    }
    for (const options of [[], ['-R'], ['-M', '600'], ['-M', '536', '-R']]) expect((await iperf(...options)).sum_received.bytes, options.join(' ')).to.be.at.least(16 << 20)
    await ip('-n', a.namespace, 'link', 'set', 'srwan0', 'mtu', '1320')
    await ip('-n', b.namespace, 'link', 'set', 'srwan0', 'mtu', '1320')
    expect((await iperf()).sum_received.bytes).to.be.at.least(16 << 20)
    const before = await b.counters()
    expect(before.dropMalformed + before.dropTunError + before.dropAuthentication).to.equal(0)
  })

  for (const [size, segments] of [
    [64, 1],
    [64, 16],
    [1200, 1],
    [1200, 16]
  ] as const) {
    it(`datagrams of ${size} octets, ${segments} at a time, arrive whole and in order`, async function () {
      if (!(await has('python3', '--version'))) {
        process.stdout.write('      skipped: needs python3\n')
        this.skip()
      }
      // What the device's queue holds (500), for it holds back nobody.
      const count = 400 * segments
      const lines = await serve(b, 'python3', '-c', UDP_RECEIVER, String(size), String(count))
      expect((await a.exec('python3', '-c', UDP_SENDER, overlay(1), String(size), String(count), String(segments))).output).to.equal('')
      expect(Number((await lines.next()).value)).to.equal(count)
    })
  }

  it('the program that sends a datagram longer than the device takes hears so, and nothing else suffers', async () => {
    const { output } = await a.exec('ping', '-c', '1', '-W', '1', '-M', 'do', '-s', '1400', overlay(1))
    expect(output).to.match(/too long|too large|mtu/i)
    expect((await a.exec('ping', '-c', '1', '-W', '2', overlay(1))).code).to.equal(0)
  })
})
