import { expect } from 'chai'
import { InvalidInputError, UnavailableResourceError, UnknownDestinationError } from '@srwan/interface'
import {
  DaemonUnreachableError,
  describeFailure,
  exitCodeOf,
  HEALTH_RULES,
  healthRule,
  matrixDocument,
  openApiDocument,
  pathDocument,
  ROUTES,
  statusDocument,
  verdictOf,
  visibleHealth
} from '../src/index.ts'
import type { HealthEntry } from '../src/index.ts'

describe('exit codes and messages', () => {
  it('maps what went wrong to the exit code that scripts rely on', () => {
    expect(exitCodeOf(new InvalidInputError({ source: '--count' }, 'x'))).to.equal(2)
    expect(exitCodeOf(new InvalidInputError({ source: 'DST' }, 'x'))).to.equal(2)
    expect(exitCodeOf(new InvalidInputError({ source: '/a/config.yaml' }, 'x'))).to.equal(78)
    expect(exitCodeOf(new UnknownDestinationError('x'))).to.equal(2)
    expect(exitCodeOf(new DaemonUnreachableError('/s', 'ENOENT'))).to.equal(3)
    expect(exitCodeOf(new UnavailableResourceError('ERR_ALREADY_RUNNING', 'x'))).to.equal(5)
    expect(exitCodeOf(new UnavailableResourceError('ERR_PORT_IN_USE', 'x'))).to.equal(1)
    expect(exitCodeOf(Object.assign(new Error('x'), { name: 'AbortError' }))).to.equal(130)
    expect([exitCodeOf(undefined), exitCodeOf('x'), exitCodeOf(new Error('x'))]).to.deep.equal([1, 1, 1])
  })

  it('says what happened, what to do, code and exit code', () => {
    expect(describeFailure(new DaemonUnreachableError('/run/srwan/api.sock', 'ECONNREFUSED'))).to.equal(
      'srwan: cannot reach the daemon at /run/srwan/api.sock (ECONNREFUSED)\n' +
        '     it is not running. Start it with `srwan up`, or check `systemctl status srwan`.   [ERR_DAEMON_UNREACHABLE, exit 3]'
    )
  })
})

describe('health codes', () => {
  const finding = (code: string): HealthEntry => {
    const { severity, title, remedy } = healthRule(code) ?? { severity: 'info' as const, title: code, remedy: 'x' }
    return { code, severity, title, remedy }
  }

  it('are unique and depend only on codes that exist', () => {
    const codes = HEALTH_RULES.map(({ code }) => code)
    expect(new Set(codes).size).to.equal(codes.length)
    for (const { dependsOn } of HEALTH_RULES) expect(codes).to.include.members([...dependsOn])
  })

  it('keep silent about the consequences of a known cause', () => {
    const shown = visibleHealth([finding('matrix-incomplete'), finding('no-peers'), finding('datapath-failure')], () => 1e9)
    expect(shown.map(({ code }) => code)).to.deep.equal(['datapath-failure'])
  })

  it('do not show blips, and show at once what the registry does not know', () => {
    const shown = visibleHealth([finding('no-peers'), finding('something-new')], () => 10)
    expect(shown.map(({ code }) => code)).to.deep.equal(['something-new'])
  })

  it('make the verdict', () => {
    expect(verdictOf([])).to.equal('healthy')
    expect(verdictOf([finding('matrix-incomplete')])).to.equal('degraded')
    expect(verdictOf([finding('no-peers'), finding('datapath-failure')])).to.equal('unhealthy')
  })
})

describe('the documents', () => {
  it('refuse another schema version and missing fields', () => {
    for (const schema of [statusDocument, matrixDocument, pathDocument]) {
      expect(schema.safeParse({ schemaVersion: 2 }).success).to.equal(false)
      expect(schema.safeParse({ schemaVersion: 1 }).success).to.equal(false)
    }
  })

  it('leave room for fields that later versions add', () => {
    const [status] = ROUTES
    expect(status?.answer).to.equal(statusDocument)
    const document = openApiDocument() as { paths: Record<string, { get: { responses: Record<string, { content: Record<string, { schema: Record<string, unknown> }> }> } }> }
    const schema = document.paths['/v1/status']?.get.responses['200']?.content['application/json']?.schema
    expect(schema).to.have.property('required').that.includes.members(['schemaVersion', 'peerId', 'sid', 'overlayAddress', 'uptimeSeconds', 'state', 'group', 'paths', 'health'])
    expect(schema).to.not.have.property('additionalProperties')
  })

  it('are all in the OpenAPI document, with units in the names of numbers', () => {
    const document = openApiDocument() as { openapi: string; paths: Record<string, unknown> }
    expect(document.openapi).to.equal('3.1.0')
    expect(Object.values(document.paths).flatMap((methods) => Object.keys(methods as object))).to.have.length(ROUTES.length)
  })
})
