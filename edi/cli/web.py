"""`edi web`: serves the pages that web.yaml names, in a process of its own: they stay up while the engine works, stops or is replaced."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from edi.engine.context import Context
    from edi.web.settings import WebSettings


def web(
    context: typer.Context,
    json_log: Annotated[bool, typer.Option("--json-log", help="Log lines as JSON, for log collectors.")] = False,
) -> None:
    """Serve the partners' status page, and the operators' page if web.yaml names it, until Ctrl-C.

    Both listen on this host only unless web.yaml says otherwise; a reverse proxy in front of them speaks TLS.
    """
    from edi.cli import assembly, logs, output
    from edi.errors import ConfigError
    from edi.web.settings import load

    logs.set_up(as_json=json_log)
    loaded = assembly.workspace(context)
    settings = load(loaded.folder)
    if settings.status is None and settings.ops is None:
        raise ConfigError("web.yaml names no page to serve", hint="write web.yaml: `status: {url: 'https://edi.example/status'}`")
    with assembly.engine(loaded) as engine:
        served = applications(engine.context, settings)
        for listen, _ in served:
            output.complain(f"serving http://{listen}")
        asyncio.run(_serve(served))


def applications(context: Context, settings: WebSettings) -> list[tuple[str, ASGIApp]]:
    """Each page with the address it listens on."""
    from edi.web.ops.app import app as ops_app
    from edi.web.status.app import app as status_app

    found: list[tuple[str, ASGIApp]] = []
    if settings.status is not None:
        found.append((settings.status.listen, status_app(context, settings.status, rate=settings.rate)))
    if settings.ops is not None:
        found.append((settings.ops.listen, ops_app(context, settings.ops, rate=settings.rate)))
    return found


async def _serve(served: list[tuple[str, ASGIApp]]) -> None:
    import uvicorn

    from edi.web.server import TimedProtocol
    from edi.web.settings import address

    servers = []
    for listen, application in served:
        host, port = address(listen)
        config = uvicorn.Config(
            application,
            host=host,
            port=port,
            http=TimedProtocol,  # bounds the size and the time of headers
            ws="none",
            lifespan="off",
            access_log=False,  # ours knows which paths hold a token
            log_config=None,
            server_header=False,
            date_header=True,
            limit_concurrency=200,
            timeout_keep_alive=15,
            h11_max_incomplete_event_size=48 * 1024,
        )
        servers.append(uvicorn.Server(config))
    await asyncio.gather(*(server.serve() for server in servers))
