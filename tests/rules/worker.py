"""One process of the exporter, as Lambda keeps them: an event a line comes in, a response a line goes out.

python -m tests.rules.worker
"""

import json
import os
import sys
from types import SimpleNamespace

# The function logs to standard output: what belongs to us goes through a copy, all else to standard error.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

CONTEXT = SimpleNamespace(
    function_name="metrics_exporter",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:metrics_exporter",
    aws_request_id="request-1",
)


def main() -> None:
    from metrics_exporter.handler import lambda_handler

    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(lambda_handler(json.loads(line), CONTEXT)), file=answers, flush=True)


if __name__ == "__main__":
    main()
