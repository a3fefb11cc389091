import { resolve } from 'node:path'
import type { Command } from 'commander'
import { systemClock } from '@srwan/clock'
import { formatDuration } from '@srwan/config'
import { InvalidInputError } from '@srwan/interface'
import { attachTestnet } from './attached-testnet.ts'
import type { AttachedTestnet, TestnetStatus } from './attached-testnet.ts'
import { defaultDirectory } from './directory.ts'
import { linkChangeOf } from './link-flags.ts'
import type { LinkFlags } from './link-flags.ts'
import { emulatorFile, packageFile } from './package-files.ts'
import { loadScenario } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { withNodes } from './true-delays.ts'
import { runDetached, runForeground } from './up-command.ts'

/** What the commands need of the program that they belong to. */
export interface TestnetCommandContext {
  /** Data: one call per document or line. @default stdout */
  readonly print?: (text: string) => void
  /** Progress, for people. @default stderr */
  readonly report?: (text: string) => void
  /** Ends the process once the command is done. @default sets process.exitCode */
  readonly exit?: (code: number) => void
  /** @default the process's */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Argument vector that runs this program again, for --detach. @default this Node with its options and script */
  readonly self?: readonly string[]
  /** Program and first arguments of the daemon. @default the srwan command */
  readonly entry?: readonly string[]
}

interface UpFlags {
  readonly scenario?: string
  readonly nodes?: string
  readonly dir?: string
  readonly detach?: boolean
  readonly supervise?: boolean
}
interface DirFlags {
  readonly dir?: string
}
interface NodeFlags extends DirFlags {
  readonly stop?: boolean
  readonly start?: boolean
  readonly kill?: boolean
}

/** The scenario that `up` runs: the file, or the product's own; cut to `--nodes`. @throws InvalidInputError */
async function scenarioOf(flags: UpFlags): Promise<Scenario> {
  const scenario = await loadScenario(flags.scenario ?? packageFile('scenarios/cloud12.yaml'))
  return flags.nodes === undefined ? scenario : withNodes(scenario, /^\d+$/.test(flags.nodes) ? Number(flags.nodes) : NaN)
}

function statusTable({ dir, scenario, phase, nodes }: TestnetStatus): string {
  const rows = [['NODE', 'STATE', 'OVERLAY ADDRESS', 'UNDERLAY', 'SID'], ...nodes.map((node) => [node.name, node.state, node.overlayAddress, node.underlayAddress, node.sid])]
  const widths = (rows[0] as string[]).map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd()
  )
  return [`${scenario} in ${dir}: ${phase}`, ...lines].join('\n')
}

function actionOf(flags: NodeFlags): 'stop' | 'start' | 'kill' {
  const chosen = (['stop', 'start', 'kill'] as const).filter((action) => flags[action] === true)
  if (chosen.length !== 1) throw new InvalidInputError({ source: '--stop|--start|--kill' }, 'expected exactly one of --stop, --start and --kill')
  return chosen[0] as 'stop' | 'start' | 'kill'
}

/** The context with every default filled in. */
type Surroundings = Required<Omit<TestnetCommandContext, 'entry'>> & Pick<TestnetCommandContext, 'entry'>

function surroundingsOf(context: TestnetCommandContext): Surroundings {
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    report: (text) => void process.stderr.write(`${text}\n`),
    exit: (code) => {
      process.exitCode = code
    },
    environment: process.env,
    self: [process.execPath, ...process.execArgv, process.argv[1] as string],
    ...context
  }
}

/**
 * Adds `testnet` and its commands to a commander program. Their actions reject with the errors of this package; mapping them to exit codes is
 * the program's. `--json` is read from `program`'s own options as well.
 */
export function registerTestnetCommands(program: Command, context: TestnetCommandContext = {}): Command {
  const surroundings = surroundingsOf(context)
  const { environment, report } = surroundings
  const directoryOf = (flags: DirFlags): string => resolve(flags.dir ?? defaultDirectory(environment))
  const parts: Parts = {
    ...surroundings,
    directoryOf,
    withDir: (command) => command.option('--dir <dir>', 'directory of the testnet', defaultDirectory(environment)),
    attached: (flags) => attachTestnet({ dir: directoryOf(flags), emulator: emulatorFile(environment), clock: systemClock() }),
    absent: (flags) => report(`no testnet runs in ${directoryOf(flags)}`),
    json: () => program.opts()['json'] === true
  }
  const testnet = program.command('testnet').description('a whole network on this machine')
  addUp(testnet, parts)
  addStatusAndExec(testnet, parts)
  addLink(testnet, parts)
  addNodeAndDown(testnet, parts)
  return testnet
}

function addUp(testnet: Command, { withDir, directoryOf, print, report, exit, self, environment, entry }: Parts): void {
  withDir(testnet.command('up').description('start it; Ctrl-C stops it'))
    .option('--scenario <file>', 'the network to emulate (default: twelve cities)')
    .option('--nodes <n>', 'only the first n nodes, or more than there are')
    .option('--detach', 'return when every node is ready')
    .addOption(testnet.createOption('--supervise').hideHelp())
    .action(async (flags: UpFlags) => {
      const dir = directoryOf(flags)
      const scenario = await scenarioOf(flags)
      const ready = (): void => print('ready')
      if (flags.detach === true) {
        const named = flags.scenario === undefined ? [] : ['--scenario', resolve(flags.scenario)]
        const counted = flags.nodes === undefined ? [] : ['--nodes', flags.nodes]
        await runDetached([...self, 'testnet', 'up', '--supervise', '--dir', dir, ...named, ...counted], report)
        ready()
        return
      }
      exit(await runForeground({ dir, scenario, environment, report, ready, supervised: flags.supervise === true, ...(entry === undefined ? {} : { entry }) }))
    })
}

function addStatusAndExec(testnet: Command, { withDir, attached, print, exit, json }: Parts): void {
  withDir(testnet.command('status').description('nodes, addresses and states'))
    .option('--json', 'as JSON')
    .action((flags: DirFlags & { readonly json?: boolean }) => {
      const status = attached(flags).status()
      print(flags.json === true || json() ? JSON.stringify(status, null, 2) : statusTable(status))
    })

  withDir(testnet.command('exec').description('run a program inside a node'))
    .argument('<node>')
    .argument('<command...>', 'after --')
    .action(async (node: string, command: string[], flags: DirFlags) => {
      exit(await attached(flags).exec(node, command))
    })
}

function addLink(testnet: Command, { withDir, attached, report }: Parts): void {
  withDir(testnet.command('link').description('change the emulated Internet, now'))
    .argument('<from>')
    .argument('<to>')
    .option('--delay <duration>', 'one way')
    .option('--jitter <duration>', 'standard deviation of the delay')
    .option('--loss <percentage>', 'share of the packets that are lost')
    .option('--rate <rate>', 'such as 100mbit')
    .option('--down', 'nothing gets through')
    .option('--up', 'packets get through again')
    .option('--one-way', 'only from FROM to TO')
    .action(async (from: string, to: string, flags: DirFlags & LinkFlags & { readonly oneWay?: boolean }) => {
      const change = linkChangeOf(flags)
      await attached(flags).link(from, to, change, { oneWay: flags.oneWay === true })
      report(`${from} ${flags.oneWay === true ? '→' : '↔'} ${to}: ${describeChange(change)}`)
    })
}

interface Parts extends Surroundings {
  readonly directoryOf: (flags: DirFlags) => string
  readonly withDir: (command: Command) => Command
  readonly attached: (flags: DirFlags) => AttachedTestnet
  readonly absent: (flags: DirFlags) => void
  /** Whether the program was asked for JSON. */
  readonly json: () => boolean
}

function addNodeAndDown(testnet: Command, { withDir, attached, absent }: Parts): void {
  withDir(testnet.command('node').description('stop, start or kill one node'))
    .argument('<name>')
    .option('--stop', 'orderly')
    .option('--start', 'again')
    .option('--kill', 'with SIGKILL')
    .action(async (name: string, flags: NodeFlags) => {
      await attached(flags).node(name, actionOf(flags))
    })

  withDir(testnet.command('down').description('stop it; nothing is left behind')).action(async (flags: DirFlags) => {
    if (!(await attached(flags).down())) absent(flags)
  })
}

function describeChange({ delay, jitter, loss, rate, up }: ReturnType<typeof linkChangeOf>): string {
  const parts = [
    delay === undefined ? '' : `delay ${formatDuration(delay)}`,
    jitter === undefined ? '' : `jitter ${formatDuration(jitter)}`,
    loss === undefined ? '' : `loss ${loss * 100}%`,
    rate === undefined ? '' : `rate ${rate / 1e6}mbit`,
    up === undefined ? '' : up ? 'up' : 'down'
  ]
  return parts.filter((part) => part !== '').join(', ')
}
