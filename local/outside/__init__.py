"""The outside world on this machine: a validating double of each foreign service, its page and its controls."""
