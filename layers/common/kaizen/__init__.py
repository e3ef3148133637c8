"""The shared layer: what two or more features need."""

__version__ = "0.1.0"
