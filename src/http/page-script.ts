/**
 * What runs in a page that a link opens: takes the token out of the fragment, where no server and no log has seen it,
 * and sends it when the button is pressed, to the path of the page. Opening the page consumes nothing.
 */
export const pageScript = `
const form = document.querySelector('form')
const outcome = document.querySelector('#outcome')
const button = form.querySelector('[type=submit]')
const password = form.querySelector('input')
const texts = JSON.parse(form.dataset.texts)
const token = new URLSearchParams(location.hash.slice(1)).get('token')
const final = ['no_token', 'code_used_or_expired', 'email_taken', 'account_suspended']
let isBusy = false

const say = (text, tone = '') => {
  outcome.textContent = text
  outcome.className = tone
}

const finish = (text, tone) => {
  form.hidden = true
  say(text, tone)
  document.title = text
  outcome.focus()
}

const refuse = (code, fields = {}) => {
  const reason =
    code === 'rate_limited' ? 'too_many_attempts'
    : code !== 'invalid_request' ? code
    : 'newPassword' in fields ? 'weak_password'
    : 'code_used_or_expired'
  const text = texts.refusals[reason] ?? texts.refusals.other
  if (final.includes(reason)) return finish(text, 'bad')
  say(text, 'bad')
  if (reason !== 'weak_password') return
  password.setAttribute('aria-invalid', 'true')
  password.focus()
}

const send = async () => {
  const answer = await fetch(location.pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(password ? { token, newPassword: password.value } : { token }),
    signal: AbortSignal.timeout(30_000),
  })
  const { status, code, fields } = answer.status === 204 ? {} : await answer.json()
  if (!answer.ok) return refuse(code, fields)
  if (form.dataset.leads === 'on' || status === 'challenge') document.querySelector('#on').hidden = false
  if (status === 'challenge') finish(texts.challenge, 'wait')
  else finish(texts.done, 'good')
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  if (isBusy) return
  isBusy = true
  button.setAttribute('aria-disabled', 'true')
  say(texts.working)
  await send().catch(() => refuse('unavailable'))
  button.removeAttribute('aria-disabled')
  isBusy = false
})

const peek = form.querySelector('#peek')
peek?.addEventListener('click', () => {
  const isHidden = password.type === 'password'
  password.type = isHidden ? 'text' : 'password'
  peek.textContent = isHidden ? texts.hide : texts.show
})
password?.addEventListener('input', () => password.removeAttribute('aria-invalid'))

// Another link to this page, opened in the same tab, changes the fragment alone.
addEventListener('hashchange', () => location.reload())
history.replaceState(null, '', location.pathname)
form.hidden = false
if (!token) refuse('no_token')
else (password ?? button).focus()
`
