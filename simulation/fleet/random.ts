/** Returns the next number of a stream: at least 0, below 1. */
export type Random = () => number;

const TO_UNIT = 2 ** -32;
const WARM_UP = 15;

/**
 * Returns a stream of random numbers, the same for the same seed and name on every machine. Streams
 * with different names are independent: drawing from one does not change another.
 *
 * The generator is sfc32 of Chris Doty-Humphrey's PractRand (public domain): 128 bits of state, a
 * period of at least 2^32.
 */
export function randomStream(seed: number, name: string): Random {
  const text = `${seed}/${name}`;
  let a = hashText(text, 0x9e3779b9);
  let b = hashText(text, 0x85ebca6b);
  let c = hashText(text, 0xc2b2ae35);
  let counter = 1;
  const next = () => {
    const mixed = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + mixed) | 0;
    return (mixed >>> 0) * TO_UNIT;
  };
  for (let round = 0; round < WARM_UP; round += 1) next();
  return next;
}

/** FNV-1a over UTF-16 units with the finalizer of MurmurHash3, so that similar seeds start far apart. */
function hashText(text: string, start: number): number {
  let hash = start;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Exponentially distributed: the time to the next event of a Poisson process. */
export function sampleExponential(mean: number, random: Random): number {
  return -mean * Math.log(1 - random());
}

/** Normally distributed, mean 0 and standard deviation 1 (Box-Muller). Always draws two numbers. */
export function sampleNormal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/** A uniformly distributed whole number from `from` to `to`, both included. */
export function sampleWhole(from: number, to: number, random: Random): number {
  return from + Math.floor(random() * (to - from + 1));
}
