import { runJob } from '../../src/identity/job.ts'
import { type Deed, request, type Scene } from './deed.ts'
import { expectThat, type Model } from './model.ts'

export const ready = ({ pick }: Scene): Deed => ({
  title: 'a monitor asks for readiness',
  ask: request('/auth/readyz', {}, pick),
  judge(_, { status, said }) {
    expectThat(status === 200, `${status} for readyz`)
    expectThat(typeof said.sealedByOldSecret === 'number', 'no count of what an old secret sealed')
  },
})

/** A session that ended is told while a lease may still believe in it. */
const tell = (model: Model): void => {
  const bound = Math.max(model.limits.lease, model.limits.access) + 5
  for (const session of model.sessions) {
    if (session.endedAt !== undefined && session.endedAt > model.now - bound) session.toldAt ??= model.now
  }
}

export const job = (): Deed => ({
  title: 'the job runs',
  async ask(on, waitUntil) {
    const { failed } = await runJob(on.core, waitUntil)
    return { status: 200, said: { failed }, cookie: undefined, retryAfter: 0 }
  },
  judge(model, { said, faulted, alone, isolate }) {
    expectThat(faulted || said.failed?.length === 0, `the job failed: ${said.failed}`)
    if (alone && !faulted && isolate.listening.put === 'good') tell(model)
  },
})
