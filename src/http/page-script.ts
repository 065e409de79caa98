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

const close = () => {
  for (const one of document.forms) one.hidden = true
}

const finish = ({ title, body }, tone) => {
  close()
  heading.textContent = title
  heading.focus()
  say(body, tone)
  if (on) on.hidden = false
}

const giveUp = (text) => {
  close()
  say(text, 'bad')
}

const refuse = ({ code, fields = {} }) => {
  if (code === 'code_used_or_expired' || (code === 'invalid_request' && !('newPassword' in fields))) {
    return giveUp(failures.usedOrExpired)
  }
  if (code === 'email_taken') return giveUp(failures.addressTaken)
  if (code === 'unauthenticated') return say(failures.signInFirst, 'bad')
  if (code === 'account_suspended') return giveUp(failures.suspended)
  if (code === 'too_many_attempts' || code === 'rate_limited') return say(failures.tooManyAttempts, 'bad')
  if (code === 'unavailable') return say(failures.unavailable, 'bad')
  if (code !== 'invalid_request') return say(failures.unexpected, 'bad')
  say(failures.weakPassword, 'bad')
  complain(password)
}

const complain = (field) => {
  field.setAttribute('aria-invalid', 'true')
  field.focus()
}

/** Throws what the service refused it with. */
const post = async (path, body) => {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  })
  const told = answer.status === 204 ? {} : await answer.json()
  if (!answer.ok) throw { problem: told }
  return told
}

/** One thing at a time: what is pressed meanwhile does nothing. */
const during = async (pressed, act, refused) => {
  if (isBusy) return
  isBusy = true
  pressed.setAttribute('aria-disabled', 'true')
  say(busy)
  await act().catch(({ problem = { code: 'unavailable' } }) => refused(problem))
  pressed.removeAttribute('aria-disabled')
  isBusy = false
}

const send = async () => {
  const answer = await post(location.pathname, password ? { token, newPassword: password.value } : { token })
  if (answer.status === 'challenge') takeUp(answer.challenge)
  else finish(done, 'good')
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  during(button, send, refuse)
})

peek?.addEventListener('click', () => {
  const isHidden = password.type === 'password'
  password.type = isHidden ? 'text' : 'password'
  peek.textContent = isHidden ? labels.hide : labels.show
})
for (const field of document.querySelectorAll('input')) {
  field.addEventListener('input', () => field.removeAttribute('aria-invalid'))
}

// Another link to this page, opened in the same tab, changes the fragment alone.
addEventListener('hashchange', () => location.reload())
history.replaceState(null, '', location.pathname)
if (token) {
  form.hidden = false
  // What erases an account takes more than an Enter in passing.
  if (on) (password ?? button).focus()
} else giveUp(failures.incomplete)
`
