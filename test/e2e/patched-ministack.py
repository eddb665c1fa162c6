"""Starts MiniStack 1.5.33 with corrections: without them, the test could not tell what AWS does.

- On AWS, the name of an error is its errorType, and a state machine catches errors by it. MiniStack
  alone calls all errors of Node functions Runtime.HandlerError unless it runs functions in Docker.
- A state machine calls SQS by its JSON protocol. The answer has the names of the SDK.
- A Choice state compares texts and times with paths.
- EventBridge sends to a FIFO queue as everybody else does: the queue drops what it has seen.
- What a partner sends arrives at the bus with the name of its source.
"""

import runpy
import sys

from ministack.core import lambda_runtime
from ministack.services import eventbridge, lambda_svc, sqs, stepfunctions

NAMELESS = 'trace: err.stack || ""'
NAMED = 'trace: `errorType=${err.name}\\n${err.stack}`'
MARK = "errorType="


def require(is_as_expected, what):
    if not is_as_expected:
        sys.exit(f"This version of MiniStack {what}: check if test/e2e/patched-ministack.py is still needed.")


require(lambda_runtime._NODEJS_WORKER_SCRIPT.count(NAMELESS) == 1, "reports errors differently")
lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(NAMELESS, NAMED)
execute = lambda_svc._execute_function_warm


def execute_and_name(*args, **kwargs):
    result = execute(*args, **kwargs)
    names = [line for line in (result.get("log") or "").splitlines() if line.startswith(MARK)]
    if result.get("error") and names:
        result["body"]["errorType"] = names[-1].removeprefix(MARK)
    return result


lambda_svc._execute_function_warm = execute_and_name

require(stepfunctions._AWS_SDK_SERVICE_MAP["sqs"] == {"protocol": "query"}, "calls SQS differently")
stepfunctions._AWS_SDK_SERVICE_MAP["sqs"] = {"protocol": "json", "target_prefix": "AmazonSQS"}

COMPARISONS = ("StringLessThan", "TimestampLessThan", "TimestampGreaterThanEquals")
evaluate_rule = stepfunctions._evaluate_rule


def evaluate_with_paths(rule, data, ctx=None):
    for comparison in COMPARISONS:
        path = rule.get(f"{comparison}Path")
        if path is not None:
            other = stepfunctions._resolve_path_or_ctx(path, data, ctx)
            rule = {"Variable": rule["Variable"], comparison: other}
    return evaluate_rule(rule, data, ctx)


require(
    not evaluate_rule({"Variable": "$.a", "StringLessThanPath": "$.b"}, {"a": "1", "b": "2"}, {}),
    "compares with paths",
)
stepfunctions._evaluate_rule = evaluate_with_paths

require("dedup_cache" not in eventbridge._dispatch_to_sqs.__code__.co_consts, "sends to queues differently")


def send_to_queue(spec, payload, sqs_parameters=None):
    queue = sqs._queue_by_arn(str(spec))
    if queue is None:
        return
    group = (sqs_parameters or {}).get("MessageGroupId")
    message = {"QueueUrl": queue["url"], "MessageBody": payload}
    sqs._act_send_message({**message, **({"MessageGroupId": group} if group else {})}, queue["url"])


eventbridge._dispatch_to_sqs = send_to_queue


def put_partner_events(data):
    entries = [{**entry, "EventBusName": entry["Source"]} for entry in data["Entries"]]
    return eventbridge._put_events({"Entries": entries}, allow_aws_source=True)


eventbridge._put_partner_events = put_partner_events

runpy.run_module("ministack", run_name="__main__")
