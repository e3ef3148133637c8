"""Namespaces with what runs in them as a page. Pure; all text is escaped."""

import html
from typing import Any

from local.html import page as framed
from local.outside.kubernetes import kinds
from local.outside.kubernetes.cluster import Cluster

REFRESH_SECONDS = 5


def page(cluster: Cluster) -> str:
    shown = "".join(_namespace(cluster, each) for each in cluster.every(kinds.NAMESPACES))
    empty = '<article class="soft">There is no namespace yet.</article>'
    about = '<p class="soft">Stands for a Kubernetes API server on this machine.</p>'
    return framed("Kubernetes", f"<h1>Namespaces</h1>{about}{shown or empty}", refresh=REFRESH_SECONDS)


def _namespace(cluster: Cluster, given: dict[str, Any]) -> str:
    return f"<article><h2>{html.escape(given['metadata']['name'])}</h2></article>"
