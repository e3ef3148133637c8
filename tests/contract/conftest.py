"""All of these tests speak to moto, many of them in transactions over tables with thousands of items."""

from local.aws import transactions

transactions.copy_only_what_they_touch()
