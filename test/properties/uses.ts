/** How often a one-time secret is used at once, at most. */
export const mostUses = 50

/** Settings with which the throttle refuses none of them. */
export const unlimited = { AUTH_LIMIT_PAIR: '100', AUTH_LIMIT_ADDRESS: '1000' }
