import { InvalidArgumentError } from "commander";

/** Parses the value of a command-line option; throws InvalidArgumentError if it is not allowed. */
type ParseOption = (value: string) => number;

/** Returns a parser of whole numbers of at least `min`. */
export function wholeNumberParser(min: number): ParseOption {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= min) return number;
    throw new InvalidArgumentError(`allowed: a whole number of at least ${min}`);
  };
}

/** Returns a parser of decimal numbers for which `isAllowed` is true; `allowed` says which ones those are. */
export function decimalParser(
  isAllowed: (number: number) => boolean,
  allowed: string,
): ParseOption {
  return (value) => {
    const number = Number(value);
    if (/^\d*\.?\d+$/.test(value) && isAllowed(number)) return number;
    throw new InvalidArgumentError(`allowed: ${allowed}`);
  };
}
