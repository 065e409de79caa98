const { SEED } = process.env

/** A failure prints its seed; `SEED=<that>` runs it again. */
export const replayed: { readonly seed?: number } = SEED === undefined ? {} : { seed: Number(SEED) }
