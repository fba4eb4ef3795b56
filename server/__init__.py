"""HTTP: routes, limits, streaming and the page."""
