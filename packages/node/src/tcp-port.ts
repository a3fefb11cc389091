import { createServer } from 'node:net'
import { InvalidInputError, UnavailableResourceError } from '@srwan/interface'

/**
 * Finds out whether libp2p will be able to listen: libp2p's own error does not say why not.
 *
 * @throws UnavailableResourceError where the port is taken or needs a privilege, InvalidInputError where the address is not one of this machine
 */
export async function checkTcpPort(address: string, port: number): Promise<void> {
  if (port === 0) return
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: address, port }, resolve)
    })
  } catch (error) {
    throw explain(address, port, error as NodeJS.ErrnoException)
  }
  await new Promise((resolve) => {
    server.close(resolve)
  })
}

function explain(address: string, port: number, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'EADDRINUSE')
    return new UnavailableResourceError('ERR_PORT_IN_USE', `TCP port ${port} of ${address} is in use`, {
      cause,
      remedy: 'stop the program that holds it (`ss -ltnp`), or set another listen.tcpPort'
    })
  if (cause.code === 'EACCES') return new UnavailableResourceError('ERR_NO_PRIVILEGE', `TCP port ${port} may not be opened`, { cause, remedy: 'use a port above 1023' })
  return new InvalidInputError({ source: 'config', field: 'listen.address' }, `cannot listen on ${address} (${cause.code ?? 'unknown'})`, {
    cause,
    remedy: 'use an address of this machine, or 0.0.0.0'
  })
}
