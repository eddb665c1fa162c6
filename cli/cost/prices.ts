/** AWS prices in us-east-1 in US dollars, looked up in September 2026. */
export const PRICES = {
  asOf: "us-east-1, September 2026",
  expressRequest: 1 / 1e6,
  expressGbHour: 0.06,
  lambdaRequest: 0.2 / 1e6,
  lambdaArmGbSecond: 0.0000133334,
  lambdaX86GbSecond: 0.0000166667,
  logGb: 0.5,
  /** Of a FIFO queue. Looked up in November 2026, in what others write about AWS's price list. */
  sqsFifoRequest: 0.5 / 1e6,
  putMetricData: 0.01 / 1000,
  metricMonth: 0.3,
  /** After the first ten of an account. This price and the next were not looked up with the others: verify them. */
  alarmMonth: 0.1,
  /** After the first three of an account. */
  dashboardMonth: 3,
} as const;

/** 365 days / 12. */
export const MONTH_SECONDS = 730 * 3600;
