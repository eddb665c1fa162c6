/** A resource of a CloudFormation template. */
export interface Resource {
  Type: string;
  DependsOn?: string[];
  Properties: Readonly<Record<string, unknown>>;
}

/** Resources by logical id. */
export type Resources = Record<string, Resource>;

/** `Fn::Sub`, for a text with `${AWS::Region}` and the like in it. */
export function sub(text: string) {
  return { "Fn::Sub": text };
}

/** A text from outside that is to stand in a {@link sub} as it is. */
export function literal(text: string): string {
  return text.replaceAll("${", "${!");
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
 * A name as a part of a logical id, where only letters and digits may stand. Different names give
 * different parts: what is not a letter or a digit becomes X and its code, and so does X itself.
 */
export function toLogicalIdPart(name: string): string {
  return name.replaceAll(
    /[^A-WYZa-z0-9]/g,
    (character) => `X${character.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`,
  );
}
