/** What a start costs anybody. */
export default { fetch: () => new Response('ok') }
