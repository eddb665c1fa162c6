"""MiniStack with one mistake mended: it forgets the names of the errors that Node functions throw.

On AWS an error's name is its errorType, by which a state machine catches it. MiniStack 1.5.33 calls
every one Runtime.HandlerError, unless it has Docker and AWS's own images. All else is as it comes.
"""

import runpy
import sys

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

NAMELESS = 'trace: err.stack || ""'
NAMED = 'trace: `errorType=${err.name}\\n${err.stack}`'
MARK = "errorType="

if lambda_runtime._NODEJS_WORKER_SCRIPT.count(NAMELESS) != 1:
    sys.exit("This MiniStack reports errors in another way: see whether test/e2e/with-error-names.py is still needed.")

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
