"""PagerDuty's Events v2 on this machine: takes what it takes, refuses what it refuses, and shows the incidents."""
