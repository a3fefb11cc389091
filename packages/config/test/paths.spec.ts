import { expect } from 'chai'
import { homedir } from 'node:os'
import { nodePaths } from '../src/index.ts'

describe('the paths of a node', () => {
  const systemd = { STATE_DIRECTORY: '/var/lib/srwan:/x', CONFIGURATION_DIRECTORY: '/etc/srwan', RUNTIME_DIRECTORY: '/run/srwan' }

  it('takes --home first, then SRWAN_HOME, systemd, XDG', () => {
    const environment = { ...systemd, SRWAN_HOME: '/b', XDG_DATA_HOME: '/xdg' }
    expect(nodePaths({ home: '/a', environment }).home).to.equal('/a')
    expect(nodePaths({ environment }).home).to.equal('/b')
    expect(nodePaths({ environment: { ...systemd, XDG_DATA_HOME: '/xdg' } }).home).to.equal('/var/lib/srwan')
    expect(nodePaths({ environment: { XDG_DATA_HOME: '/xdg' } }).home).to.equal('/xdg/srwan')
    expect(nodePaths({ environment: {} }).home).to.equal(`${homedir()}/.local/share/srwan`)
  })

  it('spreads over the directories of systemd, and only with them', () => {
    expect(nodePaths({ environment: systemd })).to.include({ config: '/etc/srwan/config.yaml', socket: '/run/srwan/api.sock', nodeKey: '/var/lib/srwan/node.key' })
    expect(nodePaths({ home: '/a', environment: systemd })).to.include({ config: '/a/config.yaml', socket: '/a/api.sock' })
  })
})
