"""What wakes a function: HTTP requests, messages in queues, schedules."""
