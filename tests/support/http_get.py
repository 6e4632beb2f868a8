"""A plain HTTP GET for the loopback servers, without the package's own client."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass
class Got:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def data(self) -> Any:
        assert self.body["code"] == "0", self.body
        return self.body["data"]


def get(url: str, key: str | None = None, **params: Any) -> Got:
    """:param params: query parameters; times in milliseconds"""
    query = urllib.parse.urlencode(params)
    request = urllib.request.Request(f"{url}?{query}" if query else url)
    if key is not None:
        request.add_header("CG-API-KEY", key)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return Got(reply.status, dict(reply.headers), json.load(reply))
    except urllib.error.HTTPError as reply:
        with reply:
            return Got(reply.code, dict(reply.headers), json.load(reply))


def post(url: str, payload: dict[str, Any]) -> Any:
    request = urllib.request.Request(url, json.dumps(payload).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=20) as reply:
        return json.load(reply)
