import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { StopError } from '../../workshop/stages.js'
import { allowCongestionControl, congestionControl } from './congestion-control.js'

/** Namespaces are named after the process that made them, so that a killed run's are recognised by the next. */
const PREFIX = 'srwbench'
/** Exit code of a program that a signal ended. */
const SIGNALLED = 143
/** Of the namespace, because a socket that was switched later goes on pacing as its first congestion control did. */
const CONGESTION = 'net.ipv4.tcp_congestion_control'
const FORWARDING = ['net.ipv6.conf.all.forwarding=1', 'net.ipv4.ip_forward=1']

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString()

/** One host of a chain: a network namespace. */
class Host {
  constructor(namespace, index, leavings) {
    this.namespace = namespace
    this.index = index
    this.leavings = leavings
  }

  /** @returns {import('node:child_process').ChildProcess} the program in this namespace; `ip` becomes it, so the process id is its own */
  spawn(command, options = {}) {
    const child = spawn('ip', ['netns', 'exec', this.namespace, ...command], { stdio: ['pipe', 'pipe', 'pipe'], ...options })
    child.on('error', () => {}) // the exit code tells
    this.leavings.add(() => child.exitCode ?? child.signalCode ?? child.kill('SIGKILL'))
    return child
  }

  /** Runs a program to its end. @returns {Promise<{ code: number, stdout: string, stderr: string }>} */
  run(...command) {
    return this.#finish(command, '')
  }

  /** As {@link run}; a failure is an error that shows what the program said. */
  must(...command) {
    return this.mustWithInput('', ...command)
  }

  /** As {@link must}, with text for the program's standard input. */
  async mustWithInput(input, ...command) {
    const { code, stdout, stderr } = await this.#finish(command, input)
    if (code !== 0) throw new StopError(`${command.join(' ')} ended with ${code} in ${this.namespace}\n${stdout}${stderr}`)
    return stdout
  }

  async #finish(command, input) {
    const child = this.spawn(command)
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk))
    child.stdin.on('error', () => {}).end(input)
    const [code] = await once(child, 'close')
    return { code: code ?? SIGNALLED, stdout, stderr }
  }
}

/**
 * Hosts in a row, each joined to the next by a plain veth pair: first and last speak, those between are transits.
 *
 * Underlay IPv4: link i is 10.77.i.0/24, host i has .1 on it and host i + 1 has .2. A host reaches its neighbours only; in chains of more than one
 * transit the kernels also forward IPv4, because control packets of the overlay need one common neighbour at most between two members. IPv6 of the
 * same shape (fd77:0:0:i::/64) is forwarded in every chain: it is what the comparison without an overlay uses.
 */
export class Chain {
  hosts = []

  /** @param {{ name: string, transits: number, leavings: import('./leavings.js').Leavings }} init */
  constructor({ name, transits, leavings }) {
    this.name = name
    this.transitCount = transits
    allowCongestionControl(leavings)
    for (let index = 0; index < transits + 2; index++) {
      const namespace = `${PREFIX}${process.pid}-${name}-${index}`
      ip('netns', 'add', namespace)
      leavings.add(() => ip('netns', 'del', namespace))
      this.hosts.push(new Host(namespace, index, leavings))
      ip('-n', namespace, 'link', 'set', 'lo', 'up')
      execFileSync('ip', [
        'netns',
        'exec',
        namespace,
        'sysctl',
        '-qw',
        'net.ipv6.conf.all.accept_dad=0',
        'net.ipv6.conf.default.accept_dad=0',
        `${CONGESTION}=${congestionControl().used}`,
        ...(this.#forwards(index) ? FORWARDING : [])
      ])
    }
    for (let link = 0; link <= transits; link++) this.#join(link)
    for (const host of this.hosts) this.#route(host)
  }

  get first() {
    return this.hosts[0]
  }

  get last() {
    return this.hosts.at(-1)
  }

  get transits() {
    return this.hosts.slice(1, -1)
  }

  /** Underlay address at which host `from` reaches host `to`. */
  underlay(from, to) {
    return to > from ? `10.77.${to - 1}.2` : `10.77.${to}.1`
  }

  /** Without an overlay: the last host's address on its link. */
  get plainAddress() {
    return `fd77:0:0:${this.transitCount}::2`
  }

  /** For connections that are opened from now on. */
  async useCongestionControl(name) {
    for (const host of this.hosts) await host.must('sysctl', '-qw', `${CONGESTION}=${name}`)
  }

  /** One more host on a link of its own to host `to`. @returns the host and the address at which it reaches that one */
  attach(to, leavings) {
    const namespace = `${PREFIX}${process.pid}-${this.name}-x`
    ip('netns', 'add', namespace)
    leavings.add(() => ip('netns', 'del', namespace))
    const target = this.hosts[to].namespace
    ip('link', 'add', 'down0', 'netns', namespace, 'type', 'veth', 'peer', 'name', 'extra0', 'netns', target)
    ip('-n', namespace, 'addr', 'add', '10.78.0.1/24', 'dev', 'down0')
    ip('-n', target, 'addr', 'add', '10.78.0.2/24', 'dev', 'extra0')
    ip('-n', namespace, 'link', 'set', 'down0', 'up')
    ip('-n', target, 'link', 'set', 'extra0', 'up')
    return { host: new Host(namespace, undefined, leavings), address: '10.78.0.2' }
  }

  #forwards(index) {
    return index > 0 && index <= this.transitCount
  }

  #join(link) {
    const [near, far] = [this.hosts[link].namespace, this.hosts[link + 1].namespace]
    ip('link', 'add', 'down0', 'netns', near, 'type', 'veth', 'peer', 'name', 'up0', 'netns', far)
    for (const [namespace, device, end] of [
      [near, 'down0', 1],
      [far, 'up0', 2]
    ]) {
      ip('-n', namespace, 'addr', 'add', `10.77.${link}.${end}/24`, 'dev', device)
      ip('-n', namespace, 'addr', 'add', `fd77:0:0:${link}::${end}/64`, 'dev', device, 'nodad')
      ip('-n', namespace, 'link', 'set', device, 'up')
    }
  }

  #route({ namespace, index }) {
    for (let link = 0; link <= this.transitCount; link++) {
      if (link === index || link === index - 1) continue
      const [side, end] = link > index ? [index, 2] : [index - 1, 1]
      ip('-n', namespace, '-6', 'route', 'add', `fd77:0:0:${link}::/64`, 'via', `fd77:0:0:${side}::${end}`)
      if (this.transitCount > 1) ip('-n', namespace, 'route', 'add', `10.77.${link}.0/24`, 'via', `10.77.${side}.${end}`)
    }
  }
}

/** Takes away what runs left that were killed before they could clean up. */
export function removeAbandoned() {
  for (const line of ip('netns', 'list').split('\n')) {
    const [, namespace, owner] = new RegExp(`^((?:${PREFIX})(\\d+)-\\S+)`).exec(line) ?? []
    if (namespace === undefined || existsSync(`/proc/${owner}`)) continue
    for (const pid of ip('netns', 'pids', namespace).split('\n')) if (pid !== '') process.kill(Number(pid), 'SIGKILL')
    ip('netns', 'del', namespace)
  }
}

/** @returns {boolean} whether a TCP socket listens on that port in the network namespace of the process */
export function listens(pid, port) {
  const entry = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F]*:0000 0A`)
  return ['tcp6', 'tcp'].some((table) => existsSync(`/proc/${pid}/net/${table}`) && entry.test(readFileSync(`/proc/${pid}/net/${table}`, 'utf8')))
}

/** @returns {number} nanoseconds that all threads of a process have been on a CPU */
export function processNanoseconds(pid) {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]), 0)
}
