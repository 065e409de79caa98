/** The look of the mailbox: two panes, or on a phone one after the other. */
export const viewStyle = `
:root {
  color-scheme: light dark;
  --ground: #f3f4f6; --paper: #fff; --ink: #1b1f24; --dim: #57606a; --line: #d8dce2; --accent: #1f5fbf; --chosen: #e4edfa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1216; --paper: #1a1e24; --ink: #e8eaed; --dim: #a3abb5; --line: #323943; --accent: #8ab4f8; --chosen: #243349;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; height: 100vh; height: 100dvh; display: flex; flex-direction: column;
  background: var(--ground); color: var(--ink); font: .9375rem/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
header {
  display: flex; align-items: center; gap: .75rem; padding: .625rem 1rem;
  background: var(--paper); border-bottom: 1px solid var(--line);
}
h1 { margin: 0; font-size: 1.0625rem; }
#count { margin: 0; margin-inline-end: auto; color: var(--dim); }
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(16rem, 22rem) 1fr; }
nav { overflow-y: auto; border-inline-end: 1px solid var(--line); background: var(--paper); }
#empty { margin: 2rem 1.5rem; color: var(--dim); }
ul { list-style: none; margin: 0; padding: 0; }
#list a {
  display: grid; grid-template-columns: 1fr auto; gap: 0 .75rem; padding: .625rem 1rem;
  border-bottom: 1px solid var(--line); border-inline-start: 3px solid transparent; color: inherit; text-decoration: none;
}
#list a:hover { background: var(--ground); }
#list a[aria-current] { background: var(--chosen); border-inline-start-color: var(--accent); }
#list span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#list .subject { grid-column: 1 / -1; order: 3; }
#list .new { font-weight: 650; }
#list .to, #list time, #facts { color: var(--dim); font-size: .8125rem; }
article { min-width: 0; min-height: 0; display: flex; flex-direction: column; padding: 1rem 1.25rem 1.25rem; }
#back { display: none; margin-bottom: .5rem; color: var(--accent); text-decoration: none; }
h2 { margin: 0; font-size: 1.25rem; line-height: 1.3; overflow-wrap: anywhere; }
h2:focus { outline: 0; }
#facts { margin: .25rem 0 0; overflow-wrap: anywhere; }
#actions { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .75rem; }
#actions:empty { display: none; }
button, #actions a {
  display: inline-block; min-height: 2.25rem; padding: .4rem .75rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--paper); color: var(--ink); font: inherit; text-decoration: none; cursor: pointer;
}
button:hover, #actions a:hover { border-color: var(--dim); }
button:disabled { opacity: .5; cursor: default; }
#actions li:first-child > * { background: var(--accent); border-color: var(--accent); color: var(--paper); font-weight: 600; }
#actions code { font-size: 1rem; letter-spacing: .06em; }
[role=tablist] { display: flex; gap: .25rem; margin-top: 1rem; }
[role=tab] { border-color: transparent; background: none; border-radius: .5rem .5rem 0 0; color: var(--dim); }
[role=tab][aria-selected=true] { background: var(--paper); border-color: var(--line); border-bottom-color: var(--paper); color: var(--ink); font-weight: 600; margin-bottom: -1px; z-index: 1; }
#pane { flex: 1; min-height: 0; display: flex; background: var(--paper); border: 1px solid var(--line); border-radius: 0 .5rem .5rem .5rem; overflow: hidden; }
iframe { flex: 1; border: 0; background: #fff; }
pre { flex: 1; margin: 0; padding: 1rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: .8125rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
#list a:focus-visible { outline-offset: -3px; }
@media (max-width: 44rem) {
  main { grid-template-columns: 1fr; }
  nav { border: 0; }
  article { padding: .75rem; }
  #back { display: inline-block; align-self: start; padding: .375rem 0; }
  .reading nav { display: none; }
  body:not(.reading) article { display: none; }
}
`
