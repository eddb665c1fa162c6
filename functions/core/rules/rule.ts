/** What one rule leaves of the number of instances, and what it has to say about it. */
export interface Step {
  instances: number;
  reasons: string[];
}
