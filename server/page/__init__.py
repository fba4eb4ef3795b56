"""The page: files that browsers read, and what it asks the server to explain."""
