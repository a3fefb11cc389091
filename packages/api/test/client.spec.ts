import { expect } from 'chai'
import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '../src/index.ts'

describe('the client of the daemon', () => {
  let directory: string
  let socket: string
  let server: Server
  let answer: (url: string, body: string, response: ServerResponse) => void

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'srwan-api-'))
    socket = join(directory, 'api.sock')
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      request.on('end', () => answer(`${request.method} ${request.url}`, body, response))
    })
    await new Promise<void>((resolve) => {
      server.listen(socket, resolve)
    })
  })

  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => {
      server.close(resolve)
    })
    await rm(directory, { recursive: true })
  })

  it('asks over the socket and escapes the destination', async () => {
    let asked = ''
    answer = (url, _body, response) => {
      asked = url
      response.end('{"schemaVersion":1}')
    }
    await createClient({ socket }).path('fd53:5257::1/x', { fresh: true })
    expect(asked).to.equal('GET /v1/path/fd53%3A5257%3A%3A1%2Fx?fresh=true')
  })

  it('sends a revocation as base64url', async () => {
    let sent = ''
    answer = (_url, body, response) => {
      sent = body
      response.end('{"schemaVersion":1,"accepted":true}')
    }
    await createClient({ socket }).revoke(new Uint8Array([251, 255]))
    expect(JSON.parse(sent)).to.deep.equal({ revocation: '-_8' })
  })

  it('passes on code, message and remedy of a refusal', async () => {
    answer = (_url, _body, response) => {
      response.writeHead(404).end('{"schemaVersion":1,"code":"ERR_UNKNOWN_DESTINATION","message":"no such","remedy":"look"}')
    }
    const error = await createClient({ socket })
      .path('x')
      .catch((reason: unknown) => reason)
    expect(error).to.include({ name: 'RequestFailedError', code: 'ERR_UNKNOWN_DESTINATION', message: 'no such', remedy: 'look', status: 404 })
  })

  it('does not choke on an answer that is none of ours', async () => {
    answer = (_url, _body, response) => {
      response.writeHead(500).end('<html>')
    }
    expect(
      await createClient({ socket })
        .status()
        .catch((reason: unknown) => reason)
    ).to.include({ code: 'ERR_REQUEST_FAILED' })
  })

  it('resolves a 503 of a probe with ok: false', async () => {
    answer = (_url, _body, response) => {
      response.writeHead(503).end('{"schemaVersion":1,"ok":false,"state":"starting"}')
    }
    expect(await createClient({ socket }).probe('readyz')).to.deep.equal({ schemaVersion: 1, ok: false, state: 'starting' })
  })

  it('says that nobody listens', async () => {
    const error = await createClient({ socket: join(directory, 'none.sock') })
      .status()
      .catch((reason: unknown) => reason)
    expect(error).to.include({ name: 'DaemonUnreachableError', code: 'ERR_DAEMON_UNREACHABLE' })
    expect((error as Error).message).to.equal(`cannot reach the daemon at ${directory}/none.sock (ENOENT)`)
    expect((error as { remedy: string }).remedy).to.include('srwan up')
  })

  it('gives up on a daemon that does not answer', async () => {
    answer = () => {}
    const error = await createClient({ socket, timeoutMs: 50 })
      .status()
      .catch((reason: unknown) => reason)
    expect((error as Error).message).to.include('(timeout)')
  })

  it('stops when told to', async () => {
    const controller = new AbortController()
    answer = () => {
      controller.abort()
    }
    expect(
      await createClient({ socket })
        .status(controller.signal)
        .catch((reason: unknown) => reason)
    ).to.include({ name: 'AbortError' })
  })
})
