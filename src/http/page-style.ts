import { inkOn } from '../messages/html.ts'

/** The look of the pages that links open, light and dark, from either side, at any width. */
export const pageStyle = (color: string): string => `
:root {
  color-scheme: light dark;
  --brand: ${color}; --on-brand: ${inkOn(color)};
  --ground: #f3f4f6; --paper: #fff; --ink: #1b1f24; --dim: #57606a; --line: #8c959f; --bad: #b42318; --good: #17703a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1216; --paper: #1a1e24; --ink: #e8eaed; --dim: #a3abb5; --line: #6b7480; --bad: #ff9c92; --good: #7ddc9c;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; min-height: 100vh; min-height: 100svh; padding: 1.5rem 1rem;
  display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 1.5rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans Arabic', sans-serif;
  overflow-wrap: anywhere;
}
.brand { margin: 0; font-size: 1.125rem; font-weight: 650; text-align: center; }
.brand img { display: block; max-width: 12rem; max-height: 3rem; }
main {
  width: 100%; max-width: 26rem; padding: 2rem; border-radius: .875rem; background: var(--paper);
  box-shadow: 0 1px 2px rgb(0 0 0 / .08), 0 8px 28px rgb(0 0 0 / .08);
}
@media (max-width: 30rem) { main { padding: 1.5rem; } }
h1 { margin: 0 0 .5rem; font-size: 1.375rem; line-height: 1.25; }
p { margin: 0; }
form > p, .hint { color: var(--dim); }
.check { display: flex; gap: .625rem; align-items: center; font-weight: 400; }
.check input { width: 1.25rem; min-height: 1.25rem; flex: none; accent-color: var(--brand); }
label { display: block; margin-top: 1.25rem; font-weight: 600; }
.field { position: relative; margin-top: .375rem; }
input {
  width: 100%; min-height: 2.875rem; padding: .5rem .75rem;
  border: 1px solid var(--line); border-radius: .5rem; background: var(--paper); color: inherit; font: inherit;
}
#password { padding-inline-end: 5.5rem; }
#code { letter-spacing: .08em; }
input[aria-invalid] { border-color: var(--bad); }
.hint { margin-top: .375rem; font-size: .875rem; }
button { min-height: 2.875rem; border: 0; border-radius: .5rem; font: inherit; font-weight: 600; cursor: pointer; }
#peek {
  position: absolute; inset-block: 0; inset-inline-end: 0; padding: 0 .75rem;
  background: none; color: var(--dim); font-size: .875rem;
}
[type=submit], #on { box-shadow: inset 0 0 0 1px rgb(128 128 128 / .35); width: 100%; margin-top: 1.5rem; padding: .625rem 1rem; background: var(--brand); color: var(--on-brand); }
[type=submit]:hover, #on:hover { filter: brightness(1.08); }
#others { display: none; margin-top: .75rem; }
#step:not([hidden]) ~ #others { display: block; }
#others button { display: block; width: 100%; padding: .5rem; background: none; color: inherit; font-weight: 400; text-decoration: underline; text-underline-offset: .2em; }
[aria-disabled] { opacity: .6; cursor: progress; }
#on { display: block; border-radius: .5rem; font-weight: 600; text-align: center; text-decoration: none; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
h1:focus { outline: 0; }
#outcome:not(:empty) { margin-top: 1.25rem; }
#outcome.bad { color: var(--bad); }
#outcome.good { color: var(--dim); }
main:not(:has(form:not([hidden]))) #outcome:not(:empty) { margin-top: .5rem; }
noscript p { color: var(--bad); }
`
