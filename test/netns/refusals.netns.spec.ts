import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { detour, DETOUR_SCENARIO } from './detour-scenario.ts'
import { RunningProgram, runProgram, SRWAN, srwan, type Ended } from './testnet-run.ts'

/** Exit codes of style: documented, so that scripts can tell what happened. */
const FAILURE = 1
const USAGE = 2
const UNREACHABLE = 3
const REFUSED = 5
const BAD_CONFIG = 78

/** A refusal says what, where and what to do, in no more than a few lines and without a stack. */
function expectRefusal(ended: Ended, code: number, ...words: RegExp[]): void {
  expect(ended.code, ended.stderr).to.equal(code)
  expect(ended.stdout, 'stdout is for data').to.equal('')
  for (const word of words) expect(ended.stderr).to.match(word)
  expect(ended.stderr, 'a stack is no message').not.to.match(/\n\s+at .*\.(js|ts):\d+/)
  expect(ended.stderr.trimEnd().split('\n').length, ended.stderr).to.be.at.most(8)
}

describe('what is refused, and how', function () {
  this.timeout(60_000)
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sw-bad-'))
  })
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  const write = async (name: string, text: string): Promise<string> => {
    const file = join(directory, name)
    await writeFile(file, text)
    return file
  }
  const up = async (scenario: string): Promise<Ended> => await srwan('testnet', 'up', '--scenario', scenario, '--dir', join(directory, 't'), '--detach')
  const home = (): string => join(directory, 'home')
  const newNetwork = async (): Promise<void> => {
    const { code, stderr } = await srwan('--home', home(), 'network', 'create', 'acme')
    expect(code, stderr).to.equal(0)
  }

  const BAD_SCENARIOS: Record<string, { change: (text: string) => string; words: RegExp[] }> = {
    'an unknown key': { change: (text) => text.replace('jitter: 0ms', 'jiter: 0ms'), words: [/:\d+/, /jiter/, /jitter/] },
    'a link to nobody': { change: (text) => text.replace('to: chi', 'to: chicago'), words: [/:\d+/, /chicago/] },
    'a duration without a unit': { change: (text) => text.replace('delay: 60ms', 'delay: 60'), words: [/:\d+/, /delay/, /ms/] },
    'two nodes of one name': { change: (text) => text.replace('name: out', 'name: fra'), words: [/:\d+/, /fra/] },
    'a kind of NAT': { change: (text) => text.replace('name: out,', 'name: out, nat: symmetric,'), words: [/nat/, /not (yet )?supported/i] },
    'no YAML': { change: () => 'nodes: [', words: [/:\d+/] }
  }
  for (const [name, { change, words }] of Object.entries(BAD_SCENARIOS)) {
    it(`a scenario with ${name}: line and field, and nothing created`, async () => {
      expectRefusal(await up(await write('scenario.yaml', change(DETOUR_SCENARIO))), BAD_CONFIG, /scenario\.yaml/, ...words)
      expect(existsSync(join(directory, 't')), 'its directory').to.equal(false)
    })
  }

  it('a scenario that is not there', async () => {
    expectRefusal(await up(join(directory, 'none.yaml')), BAD_CONFIG, /none\.yaml/)
  })

  it('a network file with an unknown key', async () => {
    await newNetwork()
    const file = join(home(), 'network.yaml')
    await writeFile(file, `${await readFile(file, 'utf8')}\nbootstap: []\n`)
    expectRefusal(await srwan('--home', home(), 'up'), BAD_CONFIG, /network\.yaml/, /bootstap/, /bootstrap/)
  })

  it('a config file with a bad value', async () => {
    await newNetwork()
    await writeFile(join(home(), 'config.yaml'), 'logLevel: loud\n')
    expectRefusal(await srwan('--home', home(), 'up'), BAD_CONFIG, /config\.yaml/)
  })

  it('a key file that is no key', async () => {
    await newNetwork()
    await writeFile(join(home(), 'node.key'), 'not a key\n')
    expectRefusal(await srwan('--home', home(), 'up'), BAD_CONFIG, /node\.key/)
  })

  it('an unknown flag', async () => {
    expectRefusal(await srwan('status', '--jsn'), USAGE, /--jsn/)
  })
  it('an unknown command', async () => {
    expectRefusal(await srwan('stauts'), USAGE, /stauts/)
  })
  it('a daemon that does not run', async () => {
    expectRefusal(await srwan('--home', home(), 'status'), UNREACHABLE, /srwan up/)
  })
  it('no network yet', async () => {
    expectRefusal(await srwan('--home', home(), 'up'), BAD_CONFIG, /network create/, /network join/)
  })

  it('a destination that nobody knows', async () => {
    const testnet = await detour()
    const fra = await testnet.node('fra')
    expectRefusal(await srwan('--home', fra.home, 'path', 'atlantis'), USAGE, /atlantis/)
  })

  it('a node that the testnet does not have', async () => {
    const testnet = await detour()
    expectRefusal(await srwan('testnet', 'exec', '--dir', testnet.dir, 'atlantis', '--', 'true'), USAGE, /atlantis/)
    expectRefusal(await srwan('testnet', 'node', '--dir', testnet.dir, 'atlantis', '--kill'), USAGE, /atlantis/)
  })

  it('a second testnet in one directory', async () => {
    const testnet = await detour()
    const scenario = await write('scenario.yaml', DETOUR_SCENARIO)
    expectRefusal(await srwan('testnet', 'up', '--scenario', scenario, '--dir', testnet.dir, '--detach'), REFUSED, /already/)
  })

  it('a port in use', async () => {
    await newNetwork()
    const holder = new RunningProgram(process.execPath, [
      '-e',
      'require("node:dgram").createSocket("udp4").bind(47999, "0.0.0.0", () => require("node:net").createServer().listen(47999, "0.0.0.0", () => console.log("bound")))'
    ])
    try {
      await holder.printed(/bound/)
      await writeFile(join(home(), 'config.yaml'), 'listen:\n  tcpPort: 47999\n  udpPort: 47999\n')
      expectRefusal(await srwan('--home', home(), 'up'), FAILURE, /47999/, /ERR_PORT_IN_USE/)
    } finally {
      await holder.stop()
    }
  })

  it('a disk that is full: no half-written network', async () => {
    const small = join(directory, 'small')
    await mkdir(small)
    // In a mount namespace of its own: nothing to unmount afterwards, whatever happens.
    const script = `mount -t tmpfs -o size=4k tmpfs ${small} && head -c 8192 /dev/zero > ${small}/filler; ${process.execPath} ${SRWAN} --home ${small}/home network create acme; code=$?; find ${small} -type f ! -name filler -printf 'left: %f\\n'; exit $code`
    const { code, stdout, stderr } = await runProgram('unshare', ['--mount', 'sh', '-c', script])
    expect(code, stderr).to.equal(FAILURE)
    expect(stderr).to.match(/ERR_DISK_FULL/)
    expect(stdout, 'files left').not.to.match(/left:/)
  })
})
