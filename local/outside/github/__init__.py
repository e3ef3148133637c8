"""GitHub on this machine: repositories, pull requests, comments and check runs, with the limits of the real one."""
