/** Which builds to read, and with which token. */
export interface BuildsRequest {
  /** Of the REST API, without a slash at the end. */
  endpoint: string;
  organization: string;
  /** Default: all pipelines. */
  pipeline?: string | undefined;
  /** A secret: it goes into the requests' header and nowhere else. */
  token: string;
  /** The time in which the builds were created, in epoch milliseconds. The end is not part of it. */
  fromMs: number;
  toMs: number;
  pageSize: number;
}
