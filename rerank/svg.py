"""Matplotlib figures as SVG that an HTML page takes in line.

The page's content policy refuses style attributes, its dark mode needs colours it can change, and two figures
must not share an id. So the drawing is written out again: local tag names, presentation attributes in the
place of styles, colours as CSS variables, and only the ids that something refers to.
"""

import io
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#010203"  # stands for the page's text colour in a drawing
PAPER = "#fdfefd"  # the page's background
REFERENCE = re.compile(r"#([A-Za-z][\w-]*)")
DROPPED_STYLES = frozenset({"font", "font-family", "font-style", "font-variant", "font-stretch"})


def to_svg(figure: "Figure", *, name: str, alt: str, colours: Mapping[str, str]) -> str:
    """The figure as an `<svg>` element.

    Args:
        figure: drawn; it is not changed.
        name: unique on the page; ids start with it.
        alt: what a reader who does not see the figure is told.
        colours: matplotlib colour -> CSS colour; a colour that is not named stays as it is.

    Returns:
        The same text for the same figure: no date, no random id.
    """
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(
            buffer,
            format="svg",
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
            transparent=True,
        )
    root = ElementTree.fromstring(buffer.getvalue())
    ids = {found for element in root.iter() for value in element.attrib.values() for found in REFERENCE.findall(value)}
    css = {INK: "currentColor", PAPER: "var(--paper)", **colours}
    body = "".join(part for child in root for part in _write(child, name=name, ids=ids, colours=css))
    view_box = root.attrib["viewBox"]
    return (
        f'<svg viewBox="{escape(view_box)}" role="img" aria-label="{escape(alt)}" '
        f'xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def _write(element: ElementTree.Element, *, name: str, ids: set[str], colours: Mapping[str, str]) -> Iterator[str]:
    tag = _local(element.tag)
    if tag in ("metadata", "style"):
        return
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in _attributes(element, name, ids, colours))
    inner = "".join(part for child in element for part in _write(child, name=name, ids=ids, colours=colours))
    text = escape((element.text or "").strip())
    if tag in ("g", "defs") and not inner:
        return
    if tag == "g" and not attributes:
        yield inner
    else:
        yield f"<{tag}{attributes}>{text}{inner}</{tag}>"


def _attributes(
    element: ElementTree.Element, name: str, ids: set[str], colours: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for key, value in element.attrib.items():
        local = _local(key)
        if local == "style":
            yield from _styles(value, colours)
        elif local == "id":
            if value in ids:
                yield "id", f"{name}-{value}"
        elif local in ("href", "clip-path"):
            yield local, REFERENCE.sub(rf"#{name}-\1", value)
        else:
            yield local, value


def _styles(style: str, colours: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for declaration in style.split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font":
            size = re.search(r"([\d.]+)px", value)
            if size:
                yield "font-size", size[1]
            if re.match(r"(bold|[6-9]00)\b", value):
                yield "font-weight", "600"
        elif key and key not in DROPPED_STYLES:
            yield key, colours.get(value.lower(), value)


def _local(name: str) -> str:
    return name.rpartition("}")[2]
