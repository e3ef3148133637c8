"""The address of a dashboard for people. Pure."""

from urllib.parse import urlsplit


def address(grafana: str, url: str) -> str:
    """`url` is the path that Grafana gives, which begins with Grafana's own path where it is served below one."""
    base = grafana.rstrip("/")
    path = urlsplit(base).path
    if path and (url == path or url.startswith(f"{path}/")):
        base = base.removesuffix(path)
    return f"{base}{url}"
