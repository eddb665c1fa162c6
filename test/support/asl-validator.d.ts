/** asl-validator is written without types. */
declare module "asl-validator" {
  export default function validate(definition: object): {
    isValid: boolean;
    errorsText(separator?: string): string;
  };
}
