/**
 * What runs in the mailbox. It makes elements and puts text into them, never markup: what a message holds stays text,
 * but in its frame.
 */
export const viewScript = `
const at = (id) => document.getElementById(id)
const tabs = ['html', 'text', 'source'].map(at)
const wide = matchMedia('(min-width: 44.0625rem)')
const seen = new Set()
let messages = []
let version = ''
let tab = 'html'
let shown = ''

const make = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties)
  element.append(...children)
  return element
}

/** The message that the address names, else on a wide screen the newest. */
const chosen = () => {
  const id = decodeURIComponent(location.hash.slice(1))
  return messages.find((one) => one.id === id) ?? (wide.matches && id === '' ? messages[0] : undefined)
}

const draw = () => {
  const message = chosen()
  document.body.classList.toggle('reading', message !== undefined)
  if (message) seen.add(message.id)
  at('count').textContent = messages.length === 1 ? '1 message' : messages.length + ' messages'
  document.title = messages.length ? 'Mailbox (' + messages.length + ')' : 'Mailbox'
  at('clear').disabled = messages.length === 0
  at('empty').hidden = messages.length > 0
  at('list').replaceChildren(...messages.map((one) => make('li', {}, entry(one, one === message))))
  at('message').hidden = message === undefined
  if (message && message.id !== shown) open(message)
  shown = message?.id ?? ''
}

const entry = (message, isChosen) => {
  const link = make('a', { href: '#' + encodeURIComponent(message.id) },
    make('span', { className: 'to', textContent: message.to }),
    make('time', { dateTime: message.sentAt, textContent: new Date(message.sentAt).toLocaleTimeString('en-GB') }),
    make('span', { className: seen.has(message.id) ? 'subject' : 'subject new', textContent: message.subject, dir: 'auto' }))
  if (isChosen) link.setAttribute('aria-current', 'true')
  return link
}

const open = (message) => {
  at('subject').textContent = message.subject
  at('facts').textContent = 'To ' + message.to + ', ' + new Date(message.sentAt).toLocaleString('en-GB')
  const code = message.code === null ? [] : [make('li', {}, copier(message.code))]
  const links = message.links.map((url) => make('li', {}, make('a', {
    href: url, target: '_blank', rel: 'noopener', title: url, textContent: 'Open ' + new URL(url).pathname,
  })))
  at('actions').replaceChildren(...code, ...links)
  show(message)
}

const copier = (code) => {
  const button = make('button', { type: 'button', id: 'copy' }, 'Copy ', make('code', { textContent: code }))
  button.onclick = async () => {
    await navigator.clipboard.writeText(code)
    at('count').textContent = 'Copied ' + code
  }
  return button
}

const show = (message) => {
  for (const one of tabs) {
    one.setAttribute('aria-selected', String(one.id === tab))
    one.tabIndex = one.id === tab ? 0 : -1
  }
  at('pane').setAttribute('aria-labelledby', tab)
  const place = '/dev/mailbox/' + encodeURIComponent(message.id) + '/'
  if (tab === 'html') {
    const frame = make('iframe', { title: 'The message', src: place + 'html' })
    frame.setAttribute('sandbox', 'allow-popups allow-popups-to-escape-sandbox')
    return at('pane').replaceChildren(frame)
  }
  const text = make('pre', { textContent: message.text, tabIndex: 0, dir: 'auto' })
  at('pane').replaceChildren(text)
  if (tab === 'source') fetch(place + 'source').then(async (answer) => { text.textContent = await answer.text() })
}

const turnTo = (name) => {
  tab = name
  const message = chosen()
  if (message) show(message)
}

for (const [place, one] of tabs.entries()) {
  one.onclick = () => turnTo(one.id)
  one.onkeydown = ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: 2 }[key]
    if (step === undefined) return
    const next = tabs[(place + step) % tabs.length]
    turnTo(next.id)
    next.focus()
  }
}

at('list').onkeydown = (event) => {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key]
  const next = step && event.target.closest('li')?.[step]?.firstChild
  if (!next) return
  event.preventDefault()
  next.focus()
}

at('clear').onclick = async () => {
  await fetch('/dev/mailbox', { method: 'DELETE' })
  history.replaceState(null, '', location.pathname)
  await load()
}

const load = async () => {
  const answer = await fetch('/dev/mailbox.json', { headers: { 'if-none-match': version }, cache: 'no-store' })
  if (answer.status === 304) return
  if (!answer.ok) throw new Error(String(answer.status))
  version = answer.headers.get('etag')
  messages = (await answer.json()).messages
  const focused = document.activeElement?.closest('#list a')?.hash
  draw()
  if (focused) at('list').querySelector('a[href="' + CSS.escape(focused) + '"]')?.focus()
}

const keepLoading = async () => {
  if (!document.hidden) await load().catch(() => { at('count').textContent = 'The service does not answer.'; version = '' })
  setTimeout(keepLoading, 1000)
}

addEventListener('hashchange', () => {
  draw()
  if (location.hash !== '') at('subject').focus()
})
wide.onchange = draw
document.onvisibilitychange = () => document.hidden || load().catch(() => {})
await keepLoading()
`
