"""What every function stands on: settings, secrets, the logger, HTTP answers, AWS clients."""
