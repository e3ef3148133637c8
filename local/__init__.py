"""The whole system on one machine, from the same template as on AWS. Nothing here is deployed."""
