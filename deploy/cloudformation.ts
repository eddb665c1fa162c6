/** A resource of a CloudFormation template. */
export interface Resource {
  Type: string;
  DependsOn?: string[];
  Properties: Readonly<Record<string, unknown>>;
}

/** Resources by logical id. */
export type Resources = Record<string, Resource>;

/** `Fn::Sub`, for a text with variables such as `${AWS::Region}`. */
export function sub(text: string) {
  return { "Fn::Sub": text };
}

/** Escapes a text for {@link sub}, which then contains it unchanged. */
export function escapeSub(text: string): string {
  return text.replaceAll("${", "${!");
}

/** A text without variables, which CloudFormation leaves unchanged. */
export function literal(text: string) {
  return text.includes("${") ? sub(escapeSub(text)) : text;
}

/** `Ref` */
export function ref(logicalId: string) {
  return { Ref: logicalId };
}

/** `Fn::GetAtt` */
export function attribute(logicalId: string, name: string) {
  return { "Fn::GetAtt": [logicalId, name] };
}

/**
 * Converts a name to a part of a logical id, which may contain only letters and digits. Different
 * names have different parts: every other character, and X itself, becomes X and its character code.
 */
export function toLogicalIdPart(name: string): string {
  return name.replaceAll(
    /[^A-WYZa-z0-9]/g,
    (character) => `X${character.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`,
  );
}
