import { cloudflare } from '../../src/adapters/mailers/cloudflare.ts'

/** Sends the message that it is asked to. */
export default {
  async fetch(request, { EMAIL }) {
    return Response.json(await cloudflare(EMAIL).send(await request.json(), 10_000))
  },
} satisfies ExportedHandler<{ EMAIL: SendEmail }>
