import { expect, test } from 'vitest'
import { bodyOf, json, mailTo, query, server, signedUp, somebody } from './harness.ts'

test.each([
  ['in the language that was chosen', { locale: 'ar' }, 'de', 'ar', 'ar'],
  ['in the language of the browser where none was chosen', {}, 'fr, de-CH;q=0.9', null, 'de'],
  ['in English where the browser asks for none that there is', {}, 'fr', null, 'en'],
] as const)('whoever registers is written to %s', async (_, chosen, accepted, locale, language) => {
  const on = await server()
  const person = somebody()

  const answer = await on.request('/auth/register', json({ ...person, ...chosen }, { 'accept-language': accepted }))
  const [mail] = await mailTo(on, person)

  expect([answer.status, (await bodyOf(answer)).user.locale]).toEqual([201, locale])
  expect(mail).toMatchObject({ language, html: expect.stringContaining(`<html lang="${language}"`) })
})

test('a language that is chosen later goes before that of whatever browser asks', async () => {
  const on = await server()
  const ada = await signedUp(on)
  await ada.api.auth.me.$patch({ json: { locale: 'de' } })

  await ada.fetch('/auth/email/verify/request', json({}, { 'accept-language': 'ar' }))

  const languages = (await mailTo(on, ada.person)).map(({ language }) => language)
  expect(languages).toEqual(['en', 'de'])
})

test.each(['tlh', 'de-CH', 'DE', '', null, 7, [['de']], { $ne: '' }])(
  'nobody registers with the language %j',
  async (locale) => {
    const on = await server()

    const answer = await on.request('/auth/register', json({ ...somebody(), locale }))

    expect([answer.status, (await bodyOf(answer)).fields]).toEqual([422, { locale: 'Expected: en or de or ar.' }])
    expect(await query(on, 'select * from users')).toEqual([])
  },
)
