import { resolve } from 'node:path'
import { SCHEMA_VERSION } from '@srwan/api'
import type { Node } from '@srwan/node'
import { diagnose } from './doctor/index.ts'
import type { RunningDatapath } from './doctor/index.ts'
import type { Home } from './home.ts'
import { listenOnLoopback, listenOnSocket, loadToken } from './http/listeners.ts'
import { createServer } from './http/server.ts'
import type { ServerComponents, ServerInit } from './http/server.ts'
import { namesOf } from './views/routers.ts'

/** The open listeners of a daemon. */
export interface LocalInterface {
  readonly close: () => Promise<void>
}

/**
 * Serves the node on the home's Unix socket and, where configured, on a loopback port.
 *
 * @param started - documents are refused until it says true
 * @throws InvalidInputError, or what the system says; nothing stays open then
 */
export async function openInterface(home: Home, parts: Omit<ServerComponents, 'doctor' | 'settings'>, started: () => boolean): Promise<LocalInterface> {
  const { api, testbed } = home.config
  const components: ServerComponents = {
    ...parts,
    settings: home.origins.map(({ setting, value, origin }) => ({ setting, value, origin })),
    doctor: async (signal) => ({
      schemaVersion: SCHEMA_VERSION,
      checks: await diagnose({ home: home.paths.home, environment: {}, daemonRuns: true, network: home.network, config: home.config, running: runningDatapath(parts.node), signal })
    })
  }
  const init: ServerInit = { pulseInterval: home.network.parameters.pulseInterval, started, emulatedClock: testbed !== undefined }
  const local = createServer(components, init)
  const open = [local]
  try {
    await listenOnSocket(local, home.paths.socket)
    if (api.port !== undefined) {
      const token = await loadToken(resolve(home.paths.home, api.tokenFile))
      const remote = createServer(components, { ...init, token })
      open.push(remote)
      await listenOnLoopback(remote, api.port)
    }
  } catch (error) {
    await Promise.all(open.map(async (server) => server.close()))
    throw error
  }
  return {
    close: async () => {
      await Promise.all(open.map(async (server) => server.close()))
    }
  }
}

function runningDatapath(node: Node): RunningDatapath {
  const used = node.sessions().filter(({ role, active, mtu }) => role === 'ingress' && (active !== undefined || mtu !== undefined))
  const names = namesOf(node, [used.map(({ egress }) => egress)])
  return {
    features: node.features(),
    paths: used.map(({ egress, mtu }) => ({ name: names[egress] ?? egress, mtu: mtu === undefined ? undefined : Math.min(mtu.forward, mtu.reverse) }))
  }
}
