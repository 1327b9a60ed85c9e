from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from mmner.serving.errors import Refusal
from mmner.serving.key import Key
from mmner.serving.messages import to_json
from mmner.serving.schema import PREDICT
from mmner.serving.service import Service
from mmner.version import __version__
from mmner.visualization.style import hue

PAGE = Path(__file__).parent / 'page'
PAGE_FILES = {'/': ('index.html', 'text/html'), '/style.css': ('style.css', 'text/css'),
              '/app.js': ('app.js', 'text/javascript')}
PAGE_HEADERS = {
    'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                               "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-cache'}


def create_app(service: Service, key: Key) -> FastAPI:
    """The routes of a service; /predict and /metrics ask for the key."""

    @asynccontextmanager
    async def lifespan(_):
        service.start()
        yield
        await service.stop()

    # No /docs: it would fetch its scripts from elsewhere. No redirects: curl shows nothing of them.
    app = FastAPI(title='mmner', version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None,
                  redirect_slashes=False)
    app.add_exception_handler(Refusal, refused)
    add_predict(app, service, key)
    add_health(app, service, key)
    add_page(app, service)
    answer_head(app)
    return app


def add_predict(app: FastAPI, service: Service, key: Key) -> None:

    @app.post('/predict', summary='Find the entities of one text or of many', openapi_extra=PREDICT,
              dependencies=key.dependencies)
    async def predict(request: Request) -> Response:
        begin, status = perf_counter(), 500
        try:
            key.check(request)
            body = await service.predict(request)
            status = 200
            return Response(body, media_type='application/json')
        except Refusal as refusal:
            status = refusal.status
            raise
        finally:
            service.metrics.requests.labels(status).inc()
            service.metrics.request_seconds.observe(perf_counter() - begin)


def add_health(app: FastAPI, service: Service, key: Key) -> None:

    @app.get('/healthz', summary='Whether the process works')
    async def healthz() -> Response:
        return state(service.is_alive, 'alive', 'the model thread ended')

    @app.get('/readyz', summary='Whether it takes requests: the model is warm and the server not stopping')
    async def readyz() -> Response:
        return state(service.is_ready, 'ready', 'stopping' if service.is_draining else 'warming up')

    @app.get('/metrics', summary='Numbers for Prometheus', response_class=PlainTextResponse,
             dependencies=key.dependencies)
    async def metrics(request: Request) -> Response:
        key.check(request)
        return Response(service.metrics.text(), headers={'Content-Type': CONTENT_TYPE_LATEST})


def add_page(app: FastAPI, service: Service) -> None:

    @app.get('/info', summary='Labels, with the hue in which the page shows them, and limits')
    async def info() -> Response:
        limits = service.limits
        return Response(to_json(dict(
            version=__version__, labels={label: hue(label) for label in service.inferencer.categories},
            limits=dict(max_body=limits.max_body, max_texts=limits.max_texts, max_characters=limits.max_characters))),
            media_type='application/json')

    for path, (name, media_type) in PAGE_FILES.items():
        app.add_api_route(path, page_file((PAGE / name).read_bytes(), media_type), include_in_schema=False)


def answer_head(app: FastAPI) -> None:
    """Take HEAD, which balancers ask with, wherever GET is taken."""
    for route in app.router.routes[:]:
        if route.methods == {'GET'}:
            app.add_api_route(route.path, route.endpoint, methods=['HEAD'], include_in_schema=False)


def page_file(content: bytes, media_type: str) -> Callable[[], Awaitable[Response]]:
    async def send() -> Response:
        return Response(content, media_type=media_type, headers=PAGE_HEADERS)

    return send


def state(is_well: bool, well: str, ill: str) -> Response:
    return Response(to_json(dict(status=well if is_well else ill)), 200 if is_well else 503,
                    media_type='application/json')


async def refused(_: Request, refusal: Refusal) -> Response:
    return Response(to_json(dict(detail=refusal.message)), refusal.status, headers=refusal.headers,
                    media_type='application/json')
