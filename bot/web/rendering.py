"""Templates: every sentence comes from the message catalogue, every value is escaped."""

from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from bot.ui.texts import catalogue


class Renderer:
    """Renders pages."""

    def __init__(self, *, demo: bool = False) -> None:
        self._demo = demo
        self._templates = Environment(
            loader=PackageLoader("bot.web"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["t"] = sentence

    def page(self, template: str, /, *, status: int = 200, **values: Any) -> web.Response:
        """Return a page as an answer."""
        words = self._templates.get_template(template).render(
            demo=self._demo, values=values, **values
        )
        return web.Response(text=words, status=status, content_type="text/html")


def sentence(text_key: str, **params: object) -> Markup:
    """Return a sentence as HTML; parameters are escaped, so they can't be markup."""
    parts = catalogue()[text_key].strip()
    shown = {name: escape(str(value)) for name, value in params.items()}
    return Markup(escape(parts).format_map(shown))  # noqa: S704  # both sides are escaped
