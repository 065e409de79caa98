/** Vercel's edge has no sockets. */
export const smtp = undefined
