"""The keys of an adapter, from the file that ``fleet keys create`` makes. Secrets appear in no log and no ``repr``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import zmq

from adapters.sdk.errors import AdapterError
from fleet.protocol.keyfile import KeyFileError, check_mode, parse_key_file


@dataclass(frozen=True, slots=True)
class CurveKeys:
    """Z85 keys: the hub's public one, and this asset's own pair. ``subject`` is the id that the key was made for.

    ``file`` is where they were read from, and are read again before each connection: a key that was rotated is used as
    soon as its file has come. ``simulated``: a run made them for its simulated world.
    """

    server: bytes
    public: bytes
    secret: bytes
    subject: str = ""
    file: str = ""
    simulated: bool = False

    def __repr__(self) -> str:
        return f"CurveKeys(subject={self.subject!r}, public={self.public!r}, file={self.file!r})"

    @property
    def name(self) -> str:
        """Which keys they are, for a message to a person."""
        return f"the key in {self.file}" if self.file else f"the key {self.public.decode()}"


def load_keys(path: Path | str) -> CurveKeys:
    """The keys in a key file. Raises ``AdapterError`` that names the file, and never what stands in it."""
    name = str(path)
    try:
        found = Path(path).stat()
        check_mode(found.st_mode, name, owner=found.st_uid, reader=os.geteuid())
        key = parse_key_file(Path(path).read_text(encoding="utf-8"), name)
    except KeyFileError as error:
        raise AdapterError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise AdapterError(f"{name}: the key file cannot be read: {error}") from None
    secret = key.secret.get_secret_value()
    return CurveKeys(
        server=key.hub.encode(),
        public=key.public.encode(),
        secret=secret.encode(),
        subject=key.subject,
        file=key.file,
        simulated=bool(key.simulated),
    )


def renewed(keys: CurveKeys | None) -> CurveKeys | None:
    """The keys that are in the file now; the same ones where there is no file, or none that can be used."""
    if keys is None or not keys.file:
        return keys
    try:
        return load_keys(keys.file)
    except AdapterError:
        return keys  # It is being replaced; until the new one is whole the old one may still count.


def keys_in(folder: Path, subject: str) -> CurveKeys:
    """The keys of a subject in a folder of key files, as a run directory has one. Raises ``AdapterError``."""
    return load_keys(key_file(folder, subject))


def key_file(folder: Path, subject: str) -> Path:
    """Where the key file of a subject is in such a folder."""
    return folder / f"{quote(subject, safe='')}.json"


def secure(socket: zmq.Socket[bytes], keys: CurveKeys | None) -> None:
    """Have a socket prove who we are, and that the hub is the hub. Without keys nothing is proved."""
    if keys is not None:
        socket.setsockopt(zmq.CURVE_SERVERKEY, keys.server)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, keys.public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret)
