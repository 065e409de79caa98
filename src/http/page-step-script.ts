/**
 * Follows `pageScript` in the page of a sign-in, the only one that is ever put on hold: takes up the challenge that it
 * answers, and finishes it by whichever of its methods the page and the browser can do.
 */
export const stepScript = `
const step = document.querySelector('#step')
const [ask, typed, label, code, trusting, trust, next] = [
  '#ask', '#typed', '[for=code]', '#code', '#trusting', '#trust', '[type=submit]',
].map((one) => step.querySelector(one))
const others = [...document.querySelectorAll('#others button')]
const words = JSON.parse(step.dataset.texts)
const hasPasskeys = typeof globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function'
let challenge
let method

function takeUp(given) {
  challenge = given
  if (given.methods.includes('enrol')) return finish(words.enrol)
  const methods = others
    .map(({ dataset }) => dataset.method)
    .filter((one) => given.methods.includes(one) && (one !== 'passkey' || hasPasskeys))
  if (methods.length === 0) return finish({ title: words.title, body: failures.moreNeeded })
  form.hidden = true
  step.hidden = false
  heading.textContent = words.title
  choose(methods, methods[0])
}

const choose = (methods, chosen) => {
  method = chosen
  const isTyped = method !== 'passkey'
  say('')
  ask.textContent = words.methods[method].ask
  label.textContent = words.methods[method].label ?? ''
  typed.hidden = !isTyped
  code.disabled = !isTyped
  code.value = ''
  code.removeAttribute('aria-invalid')
  code.inputMode = method === 'totp' ? 'numeric' : 'text'
  code.autocomplete = method === 'recovery' ? 'off' : 'one-time-code'
  trusting.hidden = method !== 'totp' && method !== 'passkey'
  next.textContent = isTyped ? words.button : words.methods.passkey.choose
  for (const other of others) {
    const named = other.dataset.method
    other.hidden = named === method || !methods.includes(named)
    other.onclick = () => {
      if (isBusy) return
      choose(methods, named)
      if (named === 'passkey') step.requestSubmit()
    }
  }
  if (isTyped) code.focus()
  else next.focus()
}

/** What a passkey signs for this very challenge: each try asks anew. */
const assert = async () => {
  const options = await post('/auth/passkeys/sign-in/options', { id: challenge.id })
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
    return (await navigator.credentials.get({ publicKey })).toJSON()
  } catch {
    throw { problem: { code: 'wrong_credentials' } }
  }
}

const answerStep = async () => {
  const proof = method === 'passkey' ? { assertion: await assert() } : { code: code.value.replace(/\\s/g, '') }
  const trusted = trust.checked && !trusting.hidden ? { trustDevice: true } : {}
  const answer = await post('/auth/challenge', { id: challenge.id, method, ...proof, ...trusted })
  if (answer.status === 'challenge') takeUp(answer.challenge)
  else finish(done, 'good')
}

const refuseStep = (problem) => {
  if (problem.code === 'code_used_or_expired') return giveUp(failures.stepOver)
  if (problem.code !== 'wrong_credentials' && problem.code !== 'invalid_request') return refuse(problem)
  if (method === 'passkey') return say(failures.wrongPasskey, 'bad')
  say(failures.wrongCode, 'bad')
  complain(code)
  code.select()
}

step.addEventListener('submit', (event) => {
  event.preventDefault()
  during(next, answerStep, refuseStep)
})
`
