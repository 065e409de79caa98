/** Where a message leads: what its HTML links to, then what its text names, each once. Images lead nowhere. */
export const linksIn = (html: string, text: string): string[] => {
  const linked = [...html.matchAll(/<a\s[^>]*?\bhref=(?:"([^"]*)"|'([^']*)')/gi)].map(([, a, b]) =>
    unescaped(a ?? b ?? ''),
  )
  const named = [...text.matchAll(/\bhttps?:\/\/[^\s<>"]+/g)].map(([url]) => url.replace(/[.,;:!?)\]]+$/, ''))
  return [...new Set([...linked, ...named])].filter((url) => /^https?:\/\//.test(url))
}

/** A code that somebody is to type: it has a line of the text to itself. */
export const codeIn = (text: string): string | null =>
  /^[2-9B-DF-HJ-NP-TV-Z]{4}[- ]?[2-9B-DF-HJ-NP-TV-Z]{4}$/m.exec(text)?.[0] ?? null

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

const unescaped = (attribute: string): string =>
  attribute.replace(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => entities[name] ?? whole)
