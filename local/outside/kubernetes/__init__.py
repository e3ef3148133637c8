"""A Kubernetes API server on this machine: versions, selectors, paging, patches, dry runs, rights and controllers."""
