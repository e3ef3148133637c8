"""AWS on this machine: moto's server, the template's resources in it, and what AWS does to them in the background."""
