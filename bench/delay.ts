import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Delay {
  readonly url: string
  stop(): void
}

/** Stands before a server and holds back for so many milliseconds whatever is sent to it; answers pass at once. */
export const startDelay = async (target: string, milliseconds: number): Promise<Delay> => {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const onward = connect(Number(port), hostname)
    for (const socket of [client, onward]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.once('close', () => sockets.delete(socket))
    }
    client.on('data', (chunk) => void setTimeout(() => onward.write(chunk), milliseconds))
    client.once('close', () => onward.destroy())
    onward.pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
