/** A source of random numbers that gives the same ones again for the same seed. Not for secrets. */
export interface Random {
  readonly seed: number
  /** At least 0, less than 1. */
  next(): number
  /** A whole number, at least 0 and less than `bound`. */
  int(bound: number): number
  /** One of the list. @throws when it is empty */
  pick<Item>(list: readonly Item[]): Item
  /** The same items in another order, as a new list. */
  shuffle<Item>(list: readonly Item[]): Item[]
}

const twoTo32 = 0x1_0000_0000

/** @param seed a whole number; its low 32 bits count */
export function createRandom(seed: number): Random {
  let counter = seed | 0

  function next(): number {
    counter = (counter + 0x9e37_79b9) | 0
    return scramble(counter) / twoTo32
  }

  function int(bound: number): number {
    return Math.floor(next() * bound)
  }

  return {
    seed,
    next,
    int,
    pick(list) {
      if (list.length === 0) throw new RangeError('there is nothing to pick from')
      // The index is less than the length.
      return list[int(list.length)] as (typeof list)[number]
    },
    shuffle(list) {
      const rest = [...list]
      return list.flatMap(() => rest.splice(int(rest.length), 1))
    },
  }
}

/** Spreads the bits of a 32-bit counter so that neighbours have nothing in common; the finalizer of MurmurHash3. */
function scramble(counter: number): number {
  let bits = counter
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** The seed that `ENGINE_SEED` names, or a new one. @throws when `ENGINE_SEED` is no whole number */
export function chooseSeed(environment: Readonly<Record<string, string | undefined>> = process.env): number {
  const given = environment.ENGINE_SEED
  if (given === undefined || given === '') return Math.floor(Math.random() * twoTo32)
  if (!/^-?\d+$/.test(given)) throw new Error(`ENGINE_SEED is a whole number; it is ${JSON.stringify(given)}`)
  return Number(given)
}

/**
 * Runs a body with a seeded source. When it fails, the error's message begins with the `ENGINE_SEED=…` that repeats it.
 * @param seed from `ENGINE_SEED`, or new, when left out
 */
export async function withSeed<Result>(body: (random: Random) => Promise<Result> | Result, seed: number = chooseSeed()): Promise<Result> {
  try {
    return await body(createRandom(seed))
  } catch (error) {
    throw namingSeed(error, seed)
  }
}

/** The same error where possible, since a runner shows what else it carries, such as the difference of an assertion. */
function namingSeed(error: unknown, seed: number): unknown {
  const hint = `ENGINE_SEED=${seed} `
  if (!(error instanceof Error)) return new Error(`${hint}${String(error)}`, { cause: error })
  const { message, stack } = error
  if (!Reflect.set(error, 'message', hint + message)) return new Error(hint + message, { cause: error })
  // The stack was written when the error was made, with the message of then.
  if (stack !== undefined)
    Reflect.set(
      error,
      'stack',
      stack.replace(message, () => hint + message),
    )
  return error
}
