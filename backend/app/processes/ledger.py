"""The record of an instance for a command beside it, so that its calls to models are entered there as well."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.identity.local import TOKEN_PREFIX, kept_secret
from app.bootstrap import BILLINGS, IDENTITIES
from app.core.choice import choose
from app.core.settings import Settings
from app.db.engine import Database
from app.models import Ledger
from app.processes.migrate import migrate
from app.services.founder_service import FounderService
from app.supervision.instance import read_servers
from app.supervision.lock import DataDirLock


@asynccontextmanager
async def open_ledger(settings: Settings) -> AsyncIterator[Ledger]:
    """The ledger of the instance, whether it runs or not. ConfigurationError when its record cannot be reached."""
    with _database_url(settings) as url:
        database = Database(url)
        identity = choose(IDENTITIES, settings.identity, setting="identity")(settings)
        billing = choose(BILLINGS, settings.billing, setting="billing")(settings)
        token = kept_secret(settings.data.token, prefix=TOKEN_PREFIX)
        try:
            caller = await FounderService(database, identity, billing).caller(token)
            yield Ledger(database, caller.id)
        finally:
            await database.close()


@contextmanager
def _database_url(settings: Settings) -> Iterator[str]:
    """The address of the record: one that is set, that of the running instance, or of one started for it."""
    servers = read_servers(settings.data)
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    if servers is not None:
        yield servers.database_url.get_secret_value()
        return
    # Nobody may bring the instance up meanwhile: two servers on one directory would ruin it.
    lock = DataDirLock(settings.data.lock)
    lock.acquire()
    try:
        settings.data.prepare()
        log = settings.data.logs / "postgres.log"
        postgres = EmbeddedPostgres(settings.data.postgres, log=log, programs=settings.postgres_bin)
        try:
            url = postgres.start()
            migrate(url)
            yield url
        finally:
            postgres.stop()
    finally:
        lock.release()
