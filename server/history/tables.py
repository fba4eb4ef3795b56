"""The tables as the newest migration leaves them."""

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, String, Table, Text

METADATA = MetaData()

# Questions and answers stand in columns for whoever reads the database with SQL. `record` is the whole solve as ASCII
# JSON: PostgreSQL refuses NUL and lone surrogates in text, and generated texts may hold both.
SOLVES = Table(
    "solves",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text),
    Column("strategy", String(32), nullable=False),
    Column("confidence", Double),
    Column("num_samples", Integer, nullable=False),
    Column("record", Text, nullable=False),
)

SCHEMA = Table("schema_version", METADATA, Column("version", Integer, primary_key=True))
