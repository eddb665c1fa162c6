import { InvalidArgumentError } from "commander";

/** Parses the value of a command-line option; throws InvalidArgumentError if it is not allowed. */
type ParseOption = (value: string) => number;

/** A parser of whole numbers from `min` on. */
export function parseWholeNumber(min: number): ParseOption {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= min) return number;
    throw new InvalidArgumentError(`allowed: a whole number of at least ${min}`);
  };
}

/** A parser of decimal numbers for which `isAllowed` is true; `allowed` says which ones those are. */
export function parseDecimal(isAllowed: (number: number) => boolean, allowed: string): ParseOption {
  return (value) => {
    const number = Number(value);
    if (/^\d*\.?\d+$/.test(value) && isAllowed(number)) return number;
    throw new InvalidArgumentError(`allowed: ${allowed}`);
  };
}
