import { bulkhead } from '../base/bulkhead.ts'
import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import { keyRing } from '../base/crypto.ts'
import type { Patience } from '../base/deadline.ts'
import { passwordHasher } from '../base/phc.ts'
import type { Argon2id, Database, Hints, Limiter, Log, Mailer } from '../base/ports.ts'
import { type Callers, newCallers } from './callers.ts'
import { newCredentials } from './credentials.ts'
import { type Devices, newDevices } from './devices.ts'
import { newEnrolment } from './enrolment.ts'
import { factorGate } from './factor-gate.ts'
import { newFactors } from './factors.ts'
import { type Facts, newFacts } from './facts.ts'
import { type Keys, newKeys } from './keys.ts'
import { newOutbox, type Outbox } from './outbox.ts'
import { newPolicy } from './policy.ts'
import { newRecoveryCodes, wipeRecoveryCodes } from './recovery-codes.ts'
import { newRevocations, type Revocations } from './revocations.ts'
import { newSealed } from './sealed.ts'
import { newSessionCookie, type SessionCookie } from './session-cookie.ts'
import { newSignIn, type SignIn } from './sign-in.ts'
import { newStepUp } from './step-up.ts'
import type { FeatureSweep } from './sweeps.ts'
import { newThrottle, type Throttle } from './throttle.ts'
import { newTokens, type Tokens } from './tokens.ts'
import { userData } from './user-data.ts'
import type { UserTable } from './user-table.ts'

/** The outside world, one port each, as an entry or a test chooses it. */
export interface Ports {
  readonly database: Database
  readonly hints: Hints
  readonly limiter: Limiter
  readonly argon2id: Argon2id
  readonly clock: Clock
  readonly log: Log
  /** Undefined where nothing can be mailed. */
  readonly mailer: Mailer | undefined
  /** How long requests wait for the others; a test on a busy machine waits longer. */
  readonly patience?: Patience
}

export interface Identity {
  readonly config: Config
  readonly facts: Facts
  readonly keys: Keys
  readonly tokens: Tokens
  readonly sessionCookie: SessionCookie
  readonly devices: Devices
  readonly throttle: Throttle
  readonly revocations: Revocations
  readonly outbox: Outbox
  readonly signIn: SignIn
  /** All that is stored of users; a feature adds its own. A test holds it to the schema. */
  readonly userData: UserTable[]
}

/** Trips under way at once in one isolate: behind a database that hangs, whoever comes later is told so at once. */
const mostTrips = 512

/** What cannot be deleted, and the sockets through which features meet. Holds nothing of any request. */
export const newCore = (config: Config, outside: Ports) => {
  const admit = bulkhead(outside.clock, { most: mostTrips })
  const database: Database = { run: (queries, limit) => admit(() => outside.database.run(queries, limit)) }
  const ports: Ports = { ...outside, database }
  const ring = keyRing(config.secrets)
  const facts = newFacts()
  const keys = newKeys(config, ring, facts)
  const revocations = newRevocations(config, ports, facts)
  const callers: Callers = newCallers(config, revocations)
  const base = {
    config,
    facts,
    keys,
    revocations,
    tokens: newTokens(config, ring, keys),
    sessionCookie: newSessionCookie(config, ring),
    devices: newDevices(config, ring),
    throttle: newThrottle(config, ring),
    outbox: newOutbox(config, ring, ports),
    userData: [...userData],
  }
  const identity: Identity = {
    ...base,
    get signIn() {
      return signIn
    },
  }
  const signIn = newSignIn(identity)
  const hasher = passwordHasher(ports.argon2id)
  const factors = newFactors(config)
  const recoveryCodes = newRecoveryCodes(hasher, facts)
  factors.add(recoveryCodes.factor)
  const sockets = {
    signIn,
    callers,
    factors,
    policy: newPolicy(),
    credentials: newCredentials(),
    sealed: newSealed(ring),
  }
  sockets.credentials.add({ method: 'recovery', wipe: wipeRecoveryCodes })
  return {
    ...base,
    ...sockets,
    recoveryCodes,
    enrolment: newEnrolment(identity, { callers, factors, recoveryCodes }),
    stepUp: newStepUp(identity, factors),
    /** The gate that factors make: added past those of features, which come before a second factor. */
    factorGate: () => factorGate(factors, base.devices),
    hasher,
    /** What of features' tables is over one day, for the job. */
    sweeps: [] as FeatureSweep[],
    identity,
    ports,
    ring,
    /** Tables of a migrated database and how many columns each has; a feature adds its own. A test holds it to the schema. */
    tables: new Map([
      ['users', 11],
      ['sessions', 18],
      ['devices', 9],
      ['refresh_tokens', 7],
      ['challenges', 11],
      ['recovery_codes', 6],
      ['codes', 14],
      ['outbox', 15],
      ['erased_sessions', 3],
      ['throttle', 4],
      ['signing_keys', 7],
    ]),
  }
}

export type Core = ReturnType<typeof newCore>
