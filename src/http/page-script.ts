/**
 * What runs in a page that a link opens: takes the token out of the fragment, where no server and no log has seen it,
 * and sends it when the button is pressed, to the path of the page. Opening the page consumes nothing.
 */
export const pageScript = `
const [form, heading, outcome, on] = ['form', 'h1', '#outcome', '#on'].map((one) => document.querySelector(one))
const [button, password, peek] = ['[type=submit]', '#password', '#peek'].map((one) => form.querySelector(one))
const { done, failures, busy, labels } = JSON.parse(form.dataset.texts)
const token = new URLSearchParams(location.hash.slice(1)).get('token')
let isBusy = false

const say = (text, tone = '') => {
  outcome.textContent = text
  outcome.className = tone
}

const finish = ({ title, body }, tone) => {
  form.hidden = true
  heading.textContent = title
  heading.focus()
  say(body, tone)
}

const giveUp = (text) => {
  form.hidden = true
  say(text, 'bad')
}

const refuse = (code, fields = {}) => {
  if (code === 'code_used_or_expired' || (code === 'invalid_request' && !('newPassword' in fields))) {
    return giveUp(failures.usedOrExpired)
  }
  if (code === 'email_taken') return giveUp(failures.addressTaken)
  if (code === 'account_suspended') return giveUp(failures.suspended)
  if (code === 'too_many_attempts' || code === 'rate_limited') return say(failures.tooManyAttempts, 'bad')
  if (code === 'unavailable') return say(failures.unavailable, 'bad')
  if (code !== 'invalid_request') return say(failures.unexpected, 'bad')
  say(failures.weakPassword, 'bad')
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
  if (status === 'challenge') finish({ title: heading.textContent, body: failures.moreNeeded })
  else finish(done, 'good')
  if (on) on.hidden = false
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  if (isBusy) return
  isBusy = true
  button.setAttribute('aria-disabled', 'true')
  say(busy)
  await send().catch(() => refuse('unavailable'))
  button.removeAttribute('aria-disabled')
  isBusy = false
})

peek?.addEventListener('click', () => {
  const isHidden = password.type === 'password'
  password.type = isHidden ? 'text' : 'password'
  peek.textContent = isHidden ? labels.hide : labels.show
})
password?.addEventListener('input', () => password.removeAttribute('aria-invalid'))

// Another link to this page, opened in the same tab, changes the fragment alone.
addEventListener('hashchange', () => location.reload())
history.replaceState(null, '', location.pathname)
if (token) {
  form.hidden = false
  // What erases an account takes more than an Enter in passing.
  if (on) (password ?? button).focus()
} else giveUp(failures.incomplete)
`
