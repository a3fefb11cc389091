import { Argument, Command, Option } from 'commander'
import { createContext } from './context.ts'
import type { Context, GlobalOptions, Surroundings } from './context.ts'
import { withInterrupt } from './interrupt.ts'
import type { Outcome } from './outcome.ts'
import { VERSION } from './version.ts'

/** A command's work. @returns an exit code, or nothing for 0 */
export type Action = (context: Context, args: readonly string[], options: Readonly<Record<string, unknown>>) => Promise<number | undefined>

interface Declared {
  readonly program: Command
  /** Adds a command with the global options; its code is loaded when it runs. */
  readonly add: (parent: Command, usage: string, description: string, load: () => Promise<Action>) => Command
}

/** The whole command tree. @param argv - the test bed is loaded only where it is asked for */
export async function createProgram(surroundings: Surroundings, outcome: Outcome, argv: readonly string[]): Promise<Command> {
  const program = new Command('srwan')
  const declared: Declared = { program, add: adder(surroundings, outcome) }
  program
    .description('A peer-to-peer segment-routing WAN: nodes measure each other and steer packets over the best chain of relays.')
    .configureOutput({
      writeOut: (text) => {
        surroundings.stdout.write(text)
      },
      writeErr: (text) => {
        surroundings.stderr.write(text)
      },
      outputError: (text, write) => write(text.replace(/^error: /, 'srwan: '))
    })
    .version(VERSION, '-V, --version', 'print the version')
    .showHelpAfterError('     see `srwan --help`   [ERR_USAGE, exit 2]')
    .exitOverride()
    .addHelpText('after', '\nExit codes: 0 ok, 1 failure, 2 usage, 3 daemon unreachable, 4 unhealthy, 5 refused, 78 bad configuration, 130 interrupted')
  addGlobals(program)
  addDaemonCommands(declared)
  addViewCommands(declared)
  addNetworkCommands(declared)
  addDitexCommands(declared)
  addConfigCommands(declared)
  addCompletion(declared, async () => createProgram(surroundings, outcome, ['testnet']))
  await addTestnet(program, argv, surroundings, outcome)
  return program
}

function addGlobals(command: Command): Command {
  return command
    .addOption(new Option('--home <directory>', 'the home of the node'))
    .addOption(new Option('--json', 'print one JSON document and nothing else'))
    .addOption(new Option('--log-level <level>', 'least severity that is logged').choices(['error', 'warn', 'info', 'debug']))
    .addOption(new Option('--network <name-or-file>', 'another network file of the home'))
}

function adder(surroundings: Surroundings, outcome: Outcome): Declared['add'] {
  return (parent, usage, description, load) => {
    const command = addGlobals(parent.command(usage).description(description))
    return command.action(async (...parts: unknown[]) => {
      const own = parts.pop() as Command
      const options = own.optsWithGlobals()
      const args = parts.slice(0, -1).filter((part): part is string => typeof part === 'string')
      const action = await load()
      outcome.exitCode =
        (await withInterrupt(async (signal, releaseSignals) => action(createContext(surroundings, options as GlobalOptions, { signal, releaseSignals }), args, options))) ?? 0
    })
  }
}

function addDaemonCommands({ program, add }: Declared): void {
  add(program, 'up', 'run a node in the foreground', async () => (await import('./commands/up.ts')).up).option('--detach', 'return once it has started; its log is in the home')
  add(program, 'down', 'stop the node', async () => (await import('./commands/down.ts')).down)
  add(program, 'wait', 'wait until the node is ready', async () => (await import('./commands/wait.ts')).wait)
    .option('--for <what>', 'started, ready, matrix (no cell missing), or a destination that answers', 'ready')
    .option('--timeout <duration>', 'give up after', '60s')
  add(program, 'doctor', 'check this machine and say how to fix what is wrong', async () => (await import('./commands/doctor.ts')).doctor)
}

function addViewCommands({ program, add }: Declared): void {
  add(program, 'status', 'one glance at the node', async () => (await import('./commands/status.ts')).status)
  add(program, 'accounting', 'octets carried by relays for this node, and by it for others', async () => (await import('./commands/accounting.ts')).accounting)
  add(program, 'matrix', 'the one-way delays between all members', async () => (await import('./commands/matrix.ts')).matrix)
    .option('--raw', 'as measured, clock offsets included')
    .addOption(new Option('--show <value>', 'what the cells hold').choices(['delay', 'loss', 'age']).default('delay'))
  add(program, 'path <destination>', 'which path is used, and why', async () => (await import('./commands/path.ts')).path)
    .option('--explain', 'every candidate path with its difference')
    .option('--fresh', 'decide again, even where a decision is young')
    .option('--color <color>', 'what the flow wants', 'latency')
  add(program, 'ping <destination>', 'sealed probes over the paths in use', async () => (await import('./commands/ping.ts')).ping)
    .option('-c, --count <number>', 'probes to send', '5')
    .option('-i, --interval <duration>', 'time between two', '1s')
    .option('--color <color>', 'what the flow wants', 'latency')
  add(program, 'trace <destination>', 'sealed probes to every hop of a path', async () => (await import('./commands/trace.ts')).trace)
    .option('-c, --count <number>', 'probes to each hop', '10')
    .option('-i, --interval <duration>', 'time between two', '100ms')
    .option('--path <a,b,c>', 'these hops instead of the path in use')
    .option('--color <color>', 'what the flow wants', 'latency')
}

function addNetworkCommands({ program, add }: Declared): void {
  const network = program.command('network').description('make a network, invite, join, list and revoke members')
  const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value]
  add(network, 'create <name>', 'make a network with this node as its first member', async () => (await import('./network/create.ts')).create)
    .option('--open', 'anyone may join: no organisation signs the members, and no chain is needed')
    .option('--address <ip>', 'address at which others reach this node; repeat for more', collect)
    .option('--port <number>', 'TCP and UDP port of this node', '4801')
    .option('--name <node>', 'name of this node; its host name unless given')
    .option('--prefix <prefix>', 'site prefix that this node may serve; repeat for more', collect)
    .option('--pulse-interval <duration>', 'one measurement of each pair in each', '10s')
    .option('--valid <duration>', 'how long the membership lasts', '3650d')
  add(network, 'invite', 'print one line that lets one machine join; of an open network, anyone', async () => (await import('./network/invite.ts')).invite)
    .option('--name <node>', 'name of the new node; needed in a private network')
    .option('--prefix <prefix>', 'site prefix that it may serve; repeat for more', collect)
    .option('--expires <duration>', 'the line is good for', '24h')
    .option('--valid <duration>', 'how long the membership lasts', '3650d')
    .option('--qr', 'show it as a QR code as well')
  add(
    network,
    'join <line-or-file>',
    'join with an invitation, or with the network file of an open network; - reads a line from stdin',
    async () => (await import('./network/join.ts')).join
  )
  add(network, 'site <name-or-peer-id> <prefix>', 'sign that a member may serve one more site prefix', async () => (await import('./network/site.ts')).signSitePrefix)
  add(network, 'members', 'list the members that this node knows', async () => (await import('./network/members.ts')).members)
  add(network, 'revoke <name-or-peer-id>', 'end a membership', async () => (await import('./network/revoke.ts')).revokeMember).option(
    '--unseen',
    'even where this node has never seen a member of that name'
  )
}

function addDitexCommands({ program, add }: Declared): void {
  const ditex = program.command('ditex').description('the exchange that every peer holds: query, get, follow, verify')
  const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value]
  const selecting = (command: Command): Command =>
    command
      .option('--kind <kind>', 'router, column, digest, listing, observation, ballot or checkpoint')
      .option('--key <key>', 'exactly this key')
      .option('--key-prefix <text>', 'keys that begin so')
      .option('--author <sid-or-peer-id>', 'written by this router')
      .option('--country <code>', 'written by routers of this country')
      .option('--city <city>', 'written by routers of this city')
      .option('--asn <number>', 'written by routers of this autonomous system')
      .option('--where <condition>', "condition on the body, such as 'price < 12.5'; repeat for more", collect)
  const query = add(ditex, 'query', 'ask for entries; with --peer without being a member', async () => (await import('./ditex/query.ts')).query)
  selecting(query)
    .option('--since <time>', 'of this time on: a date, a time ago such as 2h, or epoch:NUMBER')
    .option('--until <time>', 'up to this time')
    .option('--history', 'everything that is held instead of what is in force')
    .option('--best-from <place>', 'the best between two places: router, city, country or AS number')
    .option('--best-to <place>', 'the other place')
    .addOption(new Option('--by <what>', 'what is best').choices(['delay', 'price']))
    .option('--group <number>', 'from the shard of this group')
    .option('--limit <number>', 'entries on one page, up to 1000')
    .option('--cursor <cursor>', 'the page that follows')
    .option('--csv', 'comma-separated values')
    .option('--peer <multiaddr>', 'ask this peer, without a node of your own; repeat for more', collect)
    .option('--peers <number>', 'ask so many peers and show what each leaves out', '1')
    .option('--max-age <duration>', 'refuse an answer of which no signed root says that it is younger, such as 4h')
  add(ditex, 'get <cid>', 'one entry; with --peer without being a member', async () => (await import('./ditex/get.ts')).get)
    .option('--group <number>', 'from the shard of this group')
    .option('--peer <multiaddr>', 'ask this peer, without a node of your own; repeat for more', collect)
  selecting(
    add(ditex, 'follow', 'entries as a node accepts them, until Ctrl-C; with --peer without being a member', async () => (await import('./ditex/follow.ts')).follow)
  ).option('--peer <multiaddr>', 'follow this peer, without a node of your own; repeat for others that take its place', collect)
  add(ditex, 'verify <file>', 'check a saved answer offline; - reads it from stdin', async () => (await import('./ditex/verify.ts')).verify).option(
    '--max-age <duration>',
    'refuse an answer of which no signed root says that it is younger, such as 4h'
  )
}

function addConfigCommands({ program, add }: Declared): void {
  const config = program.command('config').description('show and check the configuration')
  add(config, 'show', 'every setting in force', async () => (await import('./commands/config.ts')).showConfig).option('--origin', 'where each value comes from')
  add(config, 'check', 'check config.yaml and the network file', async () => (await import('./commands/config.ts')).checkConfigFiles)
  add(config, 'schema', 'JSON Schema of config.yaml, for editors', async () => (await import('./commands/config.ts')).showSchema)
}

/** @param whole - makes the whole tree, with what this command line did not ask for */
function addCompletion({ program, add }: Declared, whole: () => Promise<Command>): void {
  const load = async (): Promise<Action> => {
    const { completion } = await import('./commands/completion.ts')
    return async (context, args, options) => completion(context, args, options, whole)
  }
  add(program, 'completion', 'print the completion of a shell, as a script for it', load)
    .addArgument(new Argument('[shell]', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addOption(new Option('--names <kind>', 'names that a script asks for').choices(['members', 'testnet']).hideHelp())
    .addOption(new Option('--dir <directory>', 'directory of the testnet').hideHelp())
}

async function addTestnet(program: Command, argv: readonly string[], surroundings: Surroundings, outcome: Outcome): Promise<void> {
  if (!argv.includes('testnet')) {
    program.command('testnet').description('a whole network on this machine')
    return
  }
  const { mountTestnet } = await import('./commands/testnet.ts')
  await mountTestnet(program, surroundings, outcome)
}
