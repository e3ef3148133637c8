"""Frames of phases from their producers to the stored history."""

from kaizen.metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        "phase_frames_received_total",
        "counter",
        "Frames taken from producers into durable storage.",
        ("stream",),
        shards=8,
    ),
    Metric(
        "phase_posts_refused_total",
        "counter",
        "Posts of frames that were refused, by the status of the answer.",
        ("code",),
        shards=8,
        values={"code": ("400", "401", "404", "406", "409", "413", "415", "503")},
    ),
    Metric("phase_frames_processed_total", "counter", "Frames downsampled and put into the ring.", ("stream",)),
    Metric(
        "phase_frames_dropped_total",
        "counter",
        "Frames that came to nothing: seen before (duplicate), of an epoch that is over (stale), unreadable "
        "(malformed), or gone from the ring before their chunk of history closed (expired).",
        ("stream", "reason"),
        values={"reason": ("duplicate", "stale", "malformed", "expired")},
    ),
    Metric("phase_gaps_total", "counter", "Times that frames were missing between two that came.", ("stream",)),
    Metric("phase_epochs_total", "counter", "Sets of rows that a stream has had.", ("stream",)),
    Metric("phase_chunks_total", "counter", "Chunks of history written, by level.", ("stream", "level")),
    Metric(
        "phase_rows",
        "gauge",
        "Rows of a stream's current epoch: sampled, and total.",
        ("stream", "kind"),
        values={"kind": ("sampled", "total")},
        absent=True,
    ),
    Metric(
        "phase_last_frame_timestamp_seconds",
        "gauge",
        "Time of the newest frame that was downsampled.",
        ("stream",),
        absent=True,
    ),
    Metric(
        "phase_last_processed_timestamp_seconds",
        "gauge",
        "When a frame was last downsampled.",
        ("stream",),
        absent=True,
    ),
)
