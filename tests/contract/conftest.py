"""All of these tests speak to moto, and many to tables with thousands of items."""

from local.aws import answers, lookups, transactions

transactions.copy_only_what_they_touch()
answers.write_values_quickly()
lookups.look_up_once()
