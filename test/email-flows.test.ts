import { describe, expect, test } from 'vitest'
import {
  bodyOf,
  browser,
  codeIn,
  mailTo,
  type Server,
  type ServerOptions,
  signedIn,
  signedUp,
  somebody,
  tokenIn,
} from './harness.ts'
import { mailingBy, transports } from './mailers/transports.ts'

const newPassword = 'a new one, much better'

/** What arrived for an address, by its kinds as the log of the service tells them; and the last of them. */
const arrived = async (on: Server, to: { readonly email: string }) => {
  const letters = await mailTo(on, to)
  const kindOf = new Map(
    on.logs.filter(({ event }) => event === 'mail.sent').map((line) => [line.messageId, line.kind]),
  )
  return { kinds: letters.map(({ id }) => kindOf.get(id)), last: letters.at(-1) }
}

const me = async ({ api }: Pick<ReturnType<typeof browser>, 'api'>) =>
  (await bodyOf(await api.auth.session.$get())).user

describe.each(transports())('by $name', (transport) => {
  const mailing = (settings: ServerOptions['settings'] = {}) => mailingBy(transport, { settings })

  /** Somebody who has registered, and opened the link. */
  const proven = async (on: Server) => {
    const tab = await signedUp(on)
    const token = tokenIn((await arrived(on, tab.person)).last, 'email/verify')
    const { status } = await tab.api.auth.email.verify.$post({ json: { token } })
    expect(status).toBe(204)
    return tab
  }

  test('an address is proven by the link of its latest message, once', async () => {
    const on = await mailing()
    const ada = await signedUp(on)
    const { verify } = ada.api.auth.email
    const older = tokenIn((await arrived(on, ada.person)).last, 'email/verify')
    const asked = await verify.request.$post({ json: {} })
    const token = tokenIn((await arrived(on, ada.person)).last, 'email/verify')

    const statuses = []
    for (const one of [older, token, token]) statuses.push((await verify.$post({ json: { token: one } })).status)

    expect([asked.status, statuses]).toEqual([202, [410, 204, 410]])
    expect(await me(ada)).toMatchObject({ email: ada.person.email, emailVerified: true })
    expect((await arrived(on, ada.person)).kinds).toEqual(['verify_email', 'verify_email'])
  })

  test('whoever owns an address that another registered erases that account, and has the address for themselves', async () => {
    const on = await mailing()
    const mallory = await signedUp(on)
    const { email } = mallory.person
    const token = tokenIn((await arrived(on, mallory.person)).last, 'email/disown')

    const answer = await browser(on).api.auth.email.disown.$post({ json: { token } })

    const login = await browser(on).api.auth.login.$post({ json: mallory.person })
    const own = await browser(on).api.auth.register.$post({ json: { email, password: newPassword } })
    expect([answer.status, login.status, own.status]).toEqual([204, 401, 201])
    expect((await mallory.api.auth.sessions.$get()).status).toBe(401)
  })

  test('a forgotten password is set anew by the link, which ends every session and tells the owner', async () => {
    const on = await mailing()
    const ada = await proven(on)
    const { email } = ada.person
    const tab = browser(on)
    const asked = await tab.api.auth.password.forgot.$post({ json: { email } })
    const token = tokenIn((await arrived(on, ada.person)).last, 'password/reset')

    const answer = await tab.api.auth.password.reset.$post({ json: { token, newPassword } })

    const logins = [ada.person.password, newPassword].map((password) =>
      tab.api.auth.login.$post({ json: { email, password } }),
    )
    expect([asked.status, answer.status]).toEqual([202, 204])
    expect((await ada.api.auth.sessions.$get()).status).toBe(401)
    expect((await Promise.all(logins)).map(({ status }) => status)).toEqual([401, 200])
    const { kinds } = await arrived(on, ada.person)
    expect(kinds).toEqual(['verify_email', 'reset_password', 'password_changed'])
  })

  test('who forgot the password of no account is told so by mail alone', async () => {
    const on = await mailing()
    const [ada, stranger] = [await signedUp(on), somebody()]
    const forgot = async ({ email }: { email: string }) => {
      const answer = await browser(on).api.auth.password.forgot.$post({ json: { email } })
      return [answer.status, await bodyOf(answer)]
    }

    const [known, unknown] = [await forgot(ada.person), await forgot(stranger)]

    expect(unknown).toEqual(known)
    const { kinds, last } = await arrived(on, stranger)
    expect(kinds).toEqual(['no_account'])
    expect(last?.text).not.toContain('#token=')
  })

  test('a link signs in who has an account, once', async () => {
    const on = await mailing()
    const ada = await proven(on)
    const tab = browser(on)
    await tab.api.auth.email.link.$post({ json: { email: ada.person.email } })
    const { kinds, last } = await arrived(on, ada.person)
    const json = { token: tokenIn(last, 'email/sign-in') }

    const answer = await tab.api.auth.email['sign-in'].$post({ json })

    const again = await browser(on).api.auth.email['sign-in'].$post({ json })
    expect([answer.status, again.status, kinds.at(-1)]).toEqual([200, 410, 'sign_in_link'])
    expect(await me(tab)).toMatchObject({ id: ada.user.id })
  })

  test('a link signs up who has none, and leads to the page of the app that asked', async () => {
    const on = await mailing({ AUTH_TRUSTED_ORIGINS: 'https://app.acme.example' })
    const { email } = somebody()
    const tab = browser(on)
    await tab.api.auth.email.link.$post({ json: { email, redirectTo: 'https://app.acme.example/welcome?from=mail' } })
    const { last } = await arrived(on, { email })
    const [, token = ''] =
      /https:\/\/app\.acme\.example\/welcome\?from=mail#token=([\w-]{43})\b/.exec(last?.text ?? '') ?? []

    const answer = await tab.api.auth.email['sign-in'].$post({ json: { token } })

    expect(answer.status).toBe(200)
    expect(await me(tab)).toMatchObject({ email, emailVerified: true })
  })

  test('a code signs in with the id that was answered, and with no other', async () => {
    const on = await mailing()
    const ada = await proven(on)
    const tab = browser(on)
    const ask = async () => bodyOf(await tab.api.auth.email.code.$post({ json: { email: ada.person.email } }))
    const { id: older } = await ask()
    await on.settled()
    const { id } = await ask()
    const { kinds, last } = await arrived(on, ada.person)
    const code = codeIn(last).toLowerCase()

    const wrong = await tab.api.auth.email['sign-in'].$post({ json: { id: older, code } })
    const right = await tab.api.auth.email['sign-in'].$post({ json: { id, code } })

    expect([wrong.status, right.status, kinds.at(-1)]).toEqual([410, 200, 'sign_in_code'])
    expect(await me(tab)).toMatchObject({ id: ada.user.id })
  })

  test('an address changes once the new one is proven, and back by the link that the old one gets', async () => {
    const on = await mailing()
    const [ada, next] = [await proven(on), somebody()]
    on.clock.pass(1)
    const { change } = ada.api.auth.email
    const asked = await change.$post({ json: { newEmail: next.email } })
    const before = await me(ada)
    const json = { token: tokenIn((await arrived(on, next)).last, 'email/change/confirm') }
    const confirmed = await change.confirm.$post({ json })
    const between = await bodyOf(await ada.api.auth.me.$get())
    const undo = tokenIn((await arrived(on, ada.person)).last, 'email/change/undo')

    const undone = await change.undo.$post({ json: { token: undo } })
    const owner = { ...ada.person, password: newPassword }
    const { forgot, reset } = ada.api.auth.password
    await forgot.$post({ json: { email: owner.email } })
    await reset.$post({ json: { token: tokenIn((await arrived(on, owner)).last, 'password/reset'), newPassword } })

    expect([asked.status, confirmed.status, undone.status]).toEqual([202, 204, 204])
    expect([before.email, between.email]).toEqual([ada.person.email, next.email])
    expect((await ada.api.auth.sessions.$get()).status).toBe(401)
    expect((await signedIn(on, owner)).user).toMatchObject({ id: ada.user.id, email: ada.person.email })
    expect((await arrived(on, next)).kinds).toEqual(['change_email', 'email_changed'])
  })

  test('whoever has the address that another wants is told, and the other is not', async () => {
    const on = await mailing()
    const [ada, bob] = [await proven(on), await proven(on)]

    const answer = await ada.api.auth.email.change.$post({ json: { newEmail: bob.person.email } })

    expect([answer.status, await bodyOf(answer)]).toEqual([202, { status: 'pending' }])
    expect((await arrived(on, bob.person)).kinds).toEqual(['verify_email', 'address_taken'])
  })

  test('where an address has to be proven, a code that is mailed finishes the sign-in, and proves it', async () => {
    const on = await mailing({ AUTH_EMAIL_VERIFICATION: 'required' })
    const [person, tab] = [somebody(), browser(on)]
    const registered = await tab.api.auth.register.$post({ json: person })
    await on.settled()
    const { challenge } = await bodyOf(await tab.api.auth.login.$post({ json: person }))
    const code = codeIn((await arrived(on, person)).last)

    const answer = await tab.api.auth.challenge.$post({ json: { id: challenge.id, method: 'email', code } })

    expect([registered.status, await bodyOf(registered)]).toEqual([202, { status: 'pending' }])
    expect([challenge.methods, answer.status]).toEqual([['email'], 200])
    expect(await me(tab)).toMatchObject({ emailVerified: true })
    const again = await browser(on).api.auth.register.$post({ json: { ...person, password: newPassword } })
    expect([again.status, await bodyOf(again)]).toEqual([202, { status: 'pending' }])
    expect((await arrived(on, person)).kinds).toEqual(['verify_email', 'confirm_code', 'account_exists'])
  })

  test('GHSA-qq9h-g4jm-xgf3: whoever proves an address gets what a squatter made of it, and is told', async () => {
    const on = await mailing()
    const squatter = await signedUp(on)
    const tab = browser(on)
    await tab.api.auth.email.link.$post({ json: { email: squatter.person.email } })
    const token = tokenIn((await arrived(on, squatter.person)).last, 'email/sign-in')

    await tab.api.auth.email['sign-in'].$post({ json: { token } })

    expect(await me(tab)).toMatchObject({ id: squatter.user.id, emailVerified: true })
    const login = await browser(on).api.auth.login.$post({ json: squatter.person })
    expect([login.status, (await squatter.api.auth.sessions.$get()).status]).toEqual([401, 401])
    const { kinds } = await arrived(on, squatter.person)
    expect(kinds).toEqual(['verify_email', 'sign_in_link', 'account_claimed'])
  })

  test('whoever deletes their account gets a receipt, after the account is gone', async () => {
    const on = await mailing()
    const ada = await proven(on)

    const answer = await ada.api.auth.me.$delete({ json: {} })

    expect(answer.status).toBe(204)
    expect((await browser(on).api.auth.login.$post({ json: ada.person })).status).toBe(401)
    const { kinds, last } = await arrived(on, ada.person)
    expect(kinds).toEqual(['verify_email', 'account_deleted'])
    expect(last?.text).toMatch(/Account: 1\n[\s\S]*Sessions: 1\n/)
  })

  test('an account that is deleted with a grace goes at its end, unless its owner signs in', async () => {
    const on = await mailing({ AUTH_DELETE_GRACE_DAYS: '7' })
    const [ada, bob] = [await proven(on), await proven(on)]
    for (const { api } of [ada, bob]) expect((await api.auth.me.$delete({ json: {} })).status).toBe(202)
    await ada.api.auth.login.$post({ json: ada.person })
    on.clock.pass(7 * 24 * 60 * 60)

    await on.job()
    await on.job()

    expect((await arrived(on, ada.person)).kinds).toEqual(['verify_email', 'deletion_scheduled'])
    const { kinds } = await arrived(on, bob.person)
    expect(kinds).toEqual(['verify_email', 'deletion_scheduled', 'account_deleted'])
  })

  test('what is stored of a user, as they may read it, has no link and no code that was mailed', async () => {
    const on = await mailing()
    const ada = await proven(on)
    const { email } = ada.person
    await ada.api.auth.email.code.$post({ json: { email } })
    const code = codeIn((await arrived(on, ada.person)).last)
    await ada.api.auth.email.link.$post({ json: { email } })
    const token = tokenIn((await arrived(on, ada.person)).last, 'email/sign-in')

    const exported = await ada.api.auth.me.export.$get()

    const text = JSON.stringify(await bodyOf(exported))
    expect(text).toContain('sign_in_link')
    expect([code, token].filter((secret) => text.includes(secret))).toEqual([])
  })

  test('users are told of a new device, of a new password, and of a refresh token that was used twice', async () => {
    const on = await mailing()
    const ada = await proven(on)
    const { email, password } = ada.person
    on.clock.pass(1)
    const login = await browser(on).api.auth.login.$post({ json: { email, password, transport: 'token' } })
    const { refresh_token } = (await bodyOf(login)).tokens
    const refresh = () => browser(on).api.auth.token.$post({ json: { refresh_token } })
    const refreshed = await refresh()
    on.clock.pass(61)
    const repeated = await refresh()
    await on.settled()
    await on.job()

    const changed = await ada.api.auth.password.change.$post({ json: { currentPassword: password, newPassword } })

    expect([refreshed.status, repeated.status, changed.status]).toEqual([200, 401, 200])
    const { kinds } = await arrived(on, ada.person)
    expect(kinds).toEqual(['verify_email', 'new_device', 'token_reused', 'password_changed'])
  })
})
