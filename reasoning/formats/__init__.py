"""The canonical row, and one importer a file for what other tools write."""
