"""The keys of an adapter, from the file that ``fleet keys create`` makes. Secrets appear in no log and no ``repr``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import zmq

from adapters.sdk.errors import AdapterError
from fleet.protocol.keyfile import KeyFileError, check_mode, parse_key_file


@dataclass(frozen=True, slots=True)
class CurveKeys:
    """Z85 keys: the hub's public one, and this asset's own pair. ``subject`` is the id that the key was made for."""

    server: bytes
    public: bytes
    secret: bytes
    subject: str = ""

    def __repr__(self) -> str:
        return f"CurveKeys(subject={self.subject!r}, public={self.public!r})"


def load_keys(path: Path | str) -> CurveKeys:
    """The keys in a key file. Raises ``AdapterError`` that names the file, and never what stands in it."""
    name = str(path)
    try:
        check_mode(Path(path).stat().st_mode, name)
        key = parse_key_file(Path(path).read_text(encoding="utf-8"), name)
    except KeyFileError as error:
        raise AdapterError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise AdapterError(f"{name}: the key file cannot be read: {error}") from None
    secret = key.secret.get_secret_value()
    return CurveKeys(key.hub.encode(), key.public.encode(), secret.encode(), key.subject)


def keys_in(folder: Path, subject: str) -> CurveKeys:
    """The keys of a subject in a folder of key files, as a run directory has one. Raises ``AdapterError``."""
    return load_keys(folder / f"{quote(subject, safe='')}.json")


def secure(socket: zmq.Socket[bytes], keys: CurveKeys | None) -> None:
    """Have a socket prove who we are, and that the hub is the hub. Without keys nothing is proved."""
    if keys is not None:
        socket.setsockopt(zmq.CURVE_SERVERKEY, keys.server)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, keys.public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret)
