/** Verbs and other words that end like a participle. */
const EXCEPTIONS = new Set(
  "need feed seed embed exceed proceed open listen happen shorten lengthen flatten speed shed red token screen children hidden then when often string thing king ring spring during ceiling".split(
    " ",
  ),
);

const IRREGULAR = new Set(
  "done made held known shown found drawn kept meant said sent taken told written seen given gone lost built".split(
    " ",
  ),
);

/** Whether a function's name is a participle and nothing else: `named`, `held`, `waiting`. */
export function isBareParticiple(name: string): boolean {
  if (/[^a-z]/.test(name) || EXCEPTIONS.has(name)) return false;
  return IRREGULAR.has(name) || (name.length > 4 && /(?:ed|en|ing)$/.test(name));
}
