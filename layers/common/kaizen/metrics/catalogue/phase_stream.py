"""What viewers of phase streams get, and what deltas save."""

from kaizen.metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        "bytes_saved_total",
        "counter",
        "Bytes that the delta protocol saved: the same frames as full ones in their smaller layout, in the same bits "
        "and content coding, less what was sent. What is not the first pass of a viewer that goes on saves nothing.",
        ("stream",),
        shards=8,
    ),
    Metric(
        "phase_frame_bytes_sent_total",
        "counter",
        "Bytes of response bodies as they were sent, headers of frames included, by kind of response: full, delta, or "
        "config for what describes the rows.",
        ("stream", "kind"),
        shards=8,
        values={"kind": ("full", "delta", "config")},
    ),
    Metric(
        "phase_frame_bytes_full_equivalent_total",
        "counter",
        "What the same responses would have taken with full frames: sent and saved together.",
        ("stream",),
        shards=8,
    ),
    Metric(
        "phase_bytes_retransmitted_total",
        "counter",
        "Bytes sent to clients that had lost their state, or that asked again for what they had been sent.",
        ("stream",),
        shards=8,
    ),
    Metric(
        "phase_resync_total",
        "counter",
        "Responses that started from a keyframe because the client had no usable state, by reason.",
        ("stream", "reason"),
        shards=8,
        values={"reason": ("first", "gap", "epoch", "crc", "too-old")},
    ),
    Metric(
        "phase_handshakes_total",
        "counter",
        "Handshakes of the phase schema by verdict.",
        ("verdict",),
        shards=8,
        values={"verdict": ("compatible", "degraded", "client_too_old", "client_too_new", "unknown")},
    ),
)
