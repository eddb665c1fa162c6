// Links to the AWS console, and what to do after a deploy.

/** The console's domain, by the beginning of a region's name. */
const DOMAINS = [
  ["cn-", "console.amazonaws.cn"],
  ["us-gov-", "console.amazonaws-us-gov.com"],
  ["", "console.aws.amazon.com"],
];

/** Returns the sections that `deploy` and `info` print: a title and its lines. */
function listSections({ region, prefix, machineArn, dashboard }) {
  const [, domain] = DOMAINS.find(([start]) => region.startsWith(start));
  const console = `https://${region}.${domain}`;
  const machine = `${console}/states/home?region=${region}#/statemachines/view/${machineArn}`;
  const dashboardLink = `${console}/cloudwatch/home?region=${region}#dashboards:name=${prefix}`;
  return [
    ["state machine", machine],
    ...(dashboard ? [["dashboard", dashboardLink]] : []),
    ["next", NEXT],
  ];
}

const NEXT = [
  "The first execution polls within five minutes; until then, the alarm no-loop-started is expected.",
  "Open an execution of the state machine: the event LambdaFunctionSucceeded of Compute capacity has the decisions with their reasons.",
  "If scalers.yml has dryRun: true and the decisions are what you expect, remove it and deploy again.",
];

module.exports = { listSections };
