import { html } from 'hono/html'
import type { Language } from '../messages/language.ts'

/** What a sign-in that is put on hold asks for. */
export const stepForm = ({ signInStep }: Language) => {
  const { title, button, trust, enrol, methods } = signInStep
  return html`
<form hidden id="step" data-texts="${JSON.stringify({ title, button, enrol, methods })}">
<p id="ask"></p>
<div id="typed">
<label for="code"></label>
<div class="field" dir="ltr">
<input id="code" type="text" autocapitalize="characters" spellcheck="false" required aria-describedby="ask outcome">
</div>
</div>
<label class="check" id="trusting"><input id="trust" type="checkbox"> ${trust}</label>
<button type="submit" aria-describedby="ask outcome">${button}</button>
</form>`
}

/** The ways to give it: `stepScript` shows those that would do, in this order. */
export const otherWays = ({ signInStep: { methods } }: Language) => html`
<div id="others">
<button type="button" data-method="totp">${methods.totp.choose}</button>
<button type="button" data-method="passkey">${methods.passkey.choose}</button>
<button type="button" data-method="email">${methods.email.choose}</button>
<button type="button" data-method="recovery">${methods.recovery.choose}</button>
</div>`
