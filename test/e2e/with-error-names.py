"""Starts MiniStack, and keeps the names of the errors that Node functions throw.

On AWS, the name of an error is its errorType, and a state machine catches errors by it. MiniStack
1.5.33 alone calls all of them Runtime.HandlerError unless it runs functions in Docker.
"""

import runpy
import sys

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

NAMELESS = 'trace: err.stack || ""'
NAMED = 'trace: `errorType=${err.name}\\n${err.stack}`'
MARK = "errorType="

if lambda_runtime._NODEJS_WORKER_SCRIPT.count(NAMELESS) != 1:
    sys.exit("This version of MiniStack reports errors differently: check if test/e2e/with-error-names.py is still needed.")

lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(NAMELESS, NAMED)
execute = lambda_svc._execute_function_warm


def execute_and_name(*args, **kwargs):
    result = execute(*args, **kwargs)
    names = [line for line in (result.get("log") or "").splitlines() if line.startswith(MARK)]
    if result.get("error") and names:
        result["body"]["errorType"] = names[-1].removeprefix(MARK)
    return result


lambda_svc._execute_function_warm = execute_and_name

runpy.run_module("ministack", run_name="__main__")
