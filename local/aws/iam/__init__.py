"""IAM on this machine: a function may do what its statements in the template allow, and nothing else.

moto takes every request of everybody. So a right that is missing would show on AWS alone.
"""
