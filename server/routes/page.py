"""The page's files, read once from `server/page/`: a request names one of them or nothing."""

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from server.problems import HttpProblem

INDEX = "index.html"
_TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A report that its reader opens runs its own script, in an origin of its own and without a network.
_VIEWER, _VIEWER_POLICY = (
    "viewer.html",
    (
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
)


def page_files() -> dict[str, bytes]:
    """The files of the page by name."""
    folder = files("server.page")
    return {
        entry.name: entry.read_bytes()
        for entry in folder.iterdir()
        if entry.is_file() and entry.name.rpartition(".")[2] in _TYPES
    }


async def index(request: Request) -> Response:
    """The page."""
    return _file(request, INDEX)


async def file(request: Request) -> Response:
    """A file of the page."""
    path = request.url.path
    methods = {method for route in request.app.routes if route.path == path for method in route.methods}
    if methods:
        raise HttpProblem(405, "This path takes another method.", headers={"allow": ", ".join(sorted(methods))})
    return _file(request, request.path_params["name"])


def _file(request: Request, name: str) -> Response:
    found: bytes | None = request.app.state.page.get(name)
    if found is None:
        raise HttpProblem(404, "There is nothing here.")
    policy = _VIEWER_POLICY if name == _VIEWER else _POLICY
    headers = {"content-security-policy": policy, "cache-control": "no-cache"}
    return Response(found, headers=headers, media_type=_TYPES[name.rpartition(".")[2]])
