"""Phases on the wire: schema versions, the PHF1 format, predictors, quantiser, content codings.

Importing the package imports nothing: `schema` and `negotiation` need no numpy, and functions that only shake hands
have none. Everything else here does.
"""
