"""What Alembic runs to bring a project's database to the newest schema; the connection is handed over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
