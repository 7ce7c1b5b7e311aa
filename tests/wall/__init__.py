"""The second wall: what PostgreSQL itself lets an organisation's people see."""
