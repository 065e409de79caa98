import { env } from 'cloudflare:workers'
import { createClient } from '@libsql/client/http'
import { Hono } from 'hono'
import { getSignedCookie } from 'hono/cookie'
import { importJWK, jwtVerify } from 'jose'

const setting = (name: string): string => String(Reflect.get(env, name))

const secret = setting('SECRET')
const url = setting('TURSO_DATABASE_URL')
const expected = { issuer: setting('ISSUER'), audience: setting('AUDIENCE'), algorithms: ['ES256'] }

let key: Awaited<ReturnType<typeof importJWK>> | undefined

/** The least that anybody pays for each kind of work: what Postern is measured against. It checks and logs nothing more. */
const app = new Hono()
  .get('/text', (c) => c.text('ok'))

  .get('/log', (c) => {
    console.log(JSON.stringify({ at: new Date().toISOString(), requestId: c.req.header('x-request-id'), ...line }))
    return c.text('ok')
  })

  .get('/cookie', async (c) => {
    const value = await getSignedCookie(c, secret, 'session')
    return value ? c.text(value) : c.text('none', 401)
  })

  .get('/jwt', async (c) => {
    const token = c.req.header('authorization')?.slice('Bearer '.length) ?? ''
    key ??= await importJWK(JSON.parse(setting('PUBLIC_JWK')), 'ES256')
    const { payload } = await jwtVerify(token, key, expected)
    return c.text(payload.sub ?? '')
  })

  .get('/select/:id', async (c) => {
    const client = createClient({ url, concurrency: Number.POSITIVE_INFINITY })
    const { rows } = await client.execute({ sql: 'select * from sessions where id = ?', args: [c.req.param('id')] })
    client.close()
    return c.json(rows[0] ?? null)
  })

  .get('/update/:id', async (c) => {
    const client = createClient({ url, concurrency: Number.POSITIVE_INFINITY })
    const update = 'update sessions set last_seen_at = last_seen_at where id = ?'
    const [done] = await client.batch([{ sql: update, args: [c.req.param('id')] }], 'write')
    client.close()
    return c.json(done?.rowsAffected ?? null)
  })

/** As much as the service's own line says. */
const line = {
  event: 'request',
  method: 'GET',
  route: '/auth/session',
  status: 200,
  milliseconds: 0,
  trips: 0,
  country: 'FR',
}

export default app
