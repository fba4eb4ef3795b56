"""The generator: sampling and its training. It meets its siblings through rows and protocols."""
