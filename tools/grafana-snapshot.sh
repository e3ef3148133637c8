#!/bin/sh
# tools/grafana-snapshot.sh [RUN]: the last complete snapshot of Grafana's dashboards, or another run, as files.
#   SNAPSHOTS_BUCKET  the stack's output SnapshotsBucketName
#   OUTPUT_DIR        where the files go; grafana-snapshot where it is not set
#   GIT_REF           the ref that they are tagged with; the run's own where it is not set
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
: "${SNAPSHOTS_BUCKET:?set it to the output SnapshotsBucketName of the stack}"
exec "$here/kaizen" dashboard_snapshot export "${1:-latest}" "${OUTPUT_DIR:-grafana-snapshot}" \
    --bucket "$SNAPSHOTS_BUCKET" ${GIT_REF:+"--git-ref=$GIT_REF"}
