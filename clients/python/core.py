"""The part that every generated client shares: requests, retries, errors and pages. Standard library only."""

import asyncio
import json
import os
import random
import time
import uuid
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, AsyncIterator, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

_RETRIED = {429, 502, 503, 504}
_LONGEST_PAUSE_S = 30.0


class ApiError(Exception):
    """An error reply of the server. `code` and `details` are those of the API."""

    def __init__(self, status: int, body: Any, request_id: Optional[str] = None) -> None:
        error = body
        if isinstance(body, dict):
            error = body.get("error", body.get("detail", body))
        inner: Dict[str, Any] = error if isinstance(error, dict) else {}
        outer: Dict[str, Any] = body if isinstance(body, dict) else {}
        message = inner.get("message") or outer.get("message") or (error if isinstance(error, str) else None)
        super().__init__(message or "The server answered %d" % status)
        self.status = status
        self.code = inner.get("code") or outer.get("code") or outer.get("error_code")
        self.details = inner.get("details", outer.get("details"))
        self.body = body
        self.request_id = request_id
        self.retry_after: Optional[float] = None


class BadRequestError(ApiError):
    """400, 413, 422: the request is not valid."""


class AuthenticationError(ApiError):
    """401: no valid credential."""


class PermissionDeniedError(ApiError):
    """403: the role may not do that."""


class NotFoundError(ApiError):
    """404: there is no such record."""


class ConflictError(ApiError):
    """409: the record's state does not allow it."""


class RateLimitError(ApiError):
    """429: over a limit; `retry_after` is in seconds."""


class ServerError(ApiError):
    """5xx."""


class ConnectionFailed(Exception):
    """The server could not be reached, the connection broke, or no reply came in time."""


_ERRORS = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: BadRequestError,
    422: BadRequestError,
    429: RateLimitError,
}


class Operation:
    """One operation of the API."""

    def __init__(self, method: str, path: str, creates: bool = False) -> None:
        self.method = method
        self.path = path
        self.creates = creates


def merge(body: Optional[Mapping[str, Any]], fields: Mapping[str, Any]) -> Dict[str, Any]:
    """The fields of a request, given as a mapping, as keywords, or both. A field that is left out is not sent."""
    merged: Dict[str, Any] = dict(body or {})
    merged.update({name: value for name, value in fields.items() if value is not UNSET})
    return merged


class _Unset:
    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = _Unset()


class Transport:
    """Sends requests; a request is repeated where that cannot do a thing twice."""

    def __init__(
        self,
        base_url: Optional[str],
        api_key: Optional[str],
        *,
        default_url: str,
        placeholder_url: str,
        url_variable: str,
        key_variable: str,
        prefix: str,
        timeout: float = 60.0,
        max_retries: int = 3,
    ) -> None:
        from_environment = os.environ.get(url_variable)
        if base_url is None or base_url.rstrip("/") == placeholder_url:
            base_url = from_environment or base_url or default_url
        base = base_url.rstrip("/")
        self.base_url = base[: -len(prefix)] if prefix and base.endswith(prefix) else base
        self.api_key = api_key if api_key is not None else os.environ.get(key_variable)
        self.timeout = timeout
        self.max_retries = max_retries

    def send(
        self,
        operation: Operation,
        params: Sequence[Any],
        fields: Mapping[str, Any],
        query: Optional[Mapping[str, Any]] = None,
    ) -> Any:
        """Raises ApiError for an error reply, ConnectionFailed where no reply came."""
        path = operation.path
        for value in params:
            path = path.replace("{}", quote(str(value), safe=""), 1)
        headers = {"Accept": "application/json, */*", "User-Agent": "trunkline-client"}
        if self.api_key is not None:
            headers["Authorization"] = "Bearer " + self.api_key
        if operation.creates:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        data = None
        if operation.method in ("GET", "DELETE"):
            query = {**fields, **(query or {})}
        elif fields:
            data, headers["Content-Type"] = _encode(fields)
        pairs = [(name, _text(value)) for name, value in (query or {}).items() if value is not None]
        url = self.base_url + path + ("?" + urlencode(pairs, doseq=True) if pairs else "")
        repeatable = operation.method != "POST" or operation.creates
        attempt = 0
        while True:
            try:
                return self._once(Request(url, data=data, headers=headers, method=operation.method))
            except ApiError as error:
                again = error.status == 429 or (repeatable and error.status in _RETRIED)
                wait = error.retry_after if error.retry_after is not None else _backoff(attempt)
                if not again or attempt >= self.max_retries or wait > _LONGEST_PAUSE_S:
                    raise
            except ConnectionFailed:
                wait = _backoff(attempt)
                if not repeatable or attempt >= self.max_retries:
                    raise
            attempt += 1
            time.sleep(wait)

    async def send_async(
        self,
        operation: Operation,
        params: Sequence[Any],
        fields: Mapping[str, Any],
        query: Optional[Mapping[str, Any]] = None,
    ) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, self.send, operation, params, fields, query)

    def _once(self, request: Request) -> Any:
        try:
            with urlopen(request, timeout=self.timeout) as reply:
                return _read(reply.read(), reply.headers.get("Content-Type") or "")
        except HTTPError as error:
            with error:
                raw, headers = error.read(), error.headers
            try:
                body: Any = json.loads(raw)
            except ValueError:
                body = raw.decode("utf-8", "replace")
            kind = _ERRORS.get(error.code, ServerError if error.code >= 500 else ApiError)
            problem = kind(error.code, body, headers.get("X-Request-Id"))
            problem.retry_after = _retry_after(headers.get("Retry-After"))
            raise problem from None
        except (URLError, HTTPException, OSError) as error:
            raise ConnectionFailed("Cannot reach %s: %s" % (request.full_url, error)) from error


def _backoff(attempt: int) -> float:
    return 0.25 * 2**attempt * (1 + random.random())


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return [_text(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _read(raw: bytes, content_type: str) -> Any:
    if "json" in content_type:
        return json.loads(raw) if raw else None
    return raw.decode("utf-8") if content_type.startswith("text/") else raw


def _retry_after(text: Optional[str]) -> Optional[float]:
    if text is None:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _is_file(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray)) or hasattr(value, "read")


def _encode(fields: Mapping[str, Any]) -> Tuple[bytes, str]:
    """JSON, or a form where a value is a file (bytes, or an object with `read`)."""
    if not any(_is_file(value) for value in fields.values()):
        return json.dumps(fields, default=_text).encode("utf-8"), "application/json"
    boundary = uuid.uuid4().hex
    parts: List[bytes] = []
    for name, value in fields.items():
        head = 'Content-Disposition: form-data; name="%s"' % name
        if _is_file(value):
            file_name = os.path.basename(str(getattr(value, "name", "file"))).replace('"', "")
            content = value.read() if hasattr(value, "read") else bytes(value)
            content = content.encode("utf-8") if isinstance(content, str) else content
            head += '; filename="%s"\r\nContent-Type: application/octet-stream' % file_name
        else:
            content = (json.dumps(value) if isinstance(value, (dict, list)) else str(_text(value))).encode("utf-8")
        parts.append(b"--" + boundary.encode() + b"\r\n" + head.encode("utf-8") + b"\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + b"--" + boundary.encode() + b"--\r\n", "multipart/form-data; boundary=" + boundary


def _items(reply: Any, path: Sequence[str]) -> List[Any]:
    for name in path:
        reply = (reply or {}).get(name)
    return list(reply or [])


def pages(
    call: Callable[[Dict[str, Any]], Any],
    by: str,
    take_name: str,
    path: Sequence[str],
    size: int,
    query: Dict[str, Any],
) -> Iterator[Any]:
    """Every record of a list, page after page."""
    take = int(query.get(take_name) or size)
    at = int(query.get(by) or (1 if by == "page" else 0))
    while True:
        records = _items(call({**query, take_name: take, by: at}), path)
        yield from records
        if len(records) < take:
            return
        at += 1 if by == "page" else take


async def pages_async(
    call: Callable[[Dict[str, Any]], Any],
    by: str,
    take_name: str,
    path: Sequence[str],
    size: int,
    query: Dict[str, Any],
) -> AsyncIterator[Any]:
    """Every record of a list, page after page."""
    take = int(query.get(take_name) or size)
    at = int(query.get(by) or (1 if by == "page" else 0))
    while True:
        records = _items(await call({**query, take_name: take, by: at}), path)
        for record in records:
            yield record
        if len(records) < take:
            return
        at += 1 if by == "page" else take
