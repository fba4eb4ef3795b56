"""HTTP: routes, limits, streaming, the page."""
