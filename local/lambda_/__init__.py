"""Lambda on this machine: functions under AWS's Runtime Interface Emulator, and asynchronous invocations."""
