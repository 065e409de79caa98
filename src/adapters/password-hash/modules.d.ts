/** workerd compiles the file at deployment: a Worker may not compile bytes. */
declare module '@phi-ag/argon2/argon2.wasm' {
  const module: WebAssembly.Module
  export default module
}

/** The same on Vercel's edge, which wants the suffix. */
declare module '@phi-ag/argon2/argon2.wasm?module' {
  const module: WebAssembly.Module
  export default module
}

/** Node alone: the types of workerd leave it out, for it refuses there. */
declare namespace WebAssembly {
  function compile(bytes: BufferSource): Promise<Module>
}
