"""DynamoDB and S3 for all features: items as plain values, transactions with retry."""
