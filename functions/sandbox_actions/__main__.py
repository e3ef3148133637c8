"""`python -m sandbox_actions token <uid>`: the token with which that one sandbox may say that it is busy.

The secret is that of BUSY_SECRET_PARAMETER (/kaizen/sandboxes/busy-secret); credentials are those of the shell.
"""

import sys

from kaizen.runtime.secrets import SecretError
from sandbox_actions.handler import token

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "token":
        sys.exit("python -m sandbox_actions token <uid>, such as: token 0f6c1f4e-6c6d-4a3c-9b1e-0f4f6d2f5a10")
    try:
        print(token(sys.argv[2]))
    except (ValueError, SecretError) as error:
        sys.exit(str(error))
