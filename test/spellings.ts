const upper = (path: string) => path.replace(/[a-z](?=[^a-z]*$)/, (letter) => letter.toUpperCase())

/** Another slash behind the first part. */
const within = (path: string, slash: string) => path.replace(/(?<=.)\//, () => slash)

/** Other ways to write a path, as they may arrive where a platform or a client leaves them to us. */
export const spellings: readonly [string, (path: string) => string][] = [
  ['a doubled slash in front', (path) => `/${path}`],
  ['a doubled slash within', (path) => within(path, '//')],
  ['a slash behind', (path) => `${path}/`],
  ['two slashes behind', (path) => `${path}//`],
  ['a dot segment', (path) => within(path, '/./')],
  ['a dot segment behind', (path) => `${path}/.`],
  ['a way up', (path) => within(path, '/x/../')],
  ['a way up in front', (path) => `/x/..${path}`],
  ['an encoded dot segment', (path) => within(path, '/%2e/')],
  ['an encoded way up', (path) => within(path, '/x/%2E%2e/')],
  ['an encoded letter', (path) => path.replace('auth', '%61uth')],
  ['an encoded last letter', (path) => `${path.slice(0, -1)}%${path.charCodeAt(path.length - 1).toString(16)}`],
  ['an encoded slash', (path) => within(path, '%2f')],
  ['an encoded slash behind', (path) => `${path}%2F`],
  ['an encoded question mark', (path) => `${path}%3f`],
  ['an encoded NUL', (path) => `${path}%00`],
  ['a percent sign that encodes nothing', (path) => `${path}%`],
  ['an encoded percent sign', (path) => path.replace('auth', '%2561uth')],
  ['a backslash', (path) => within(path, '\\')],
  ['another case', upper],
  ['upper case', (path) => path.toUpperCase()],
  ['a path parameter', (path) => `${path};x=1`],
  ['a suffix', (path) => `${path}.json`],
  ['a blank behind', (path) => `${path}%20`],
  ['another URL within', (path) => `/https://app.example.com${path}`],
  ['full-width letters', (path) => path.replace('auth', 'ａｕｔｈ')],
]
