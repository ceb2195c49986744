"""The key file of a peer: with whom it speaks, and as whom. One form for adapters, operators' tools and the console.

Keys are Z85 text, as ZeroMQ takes them: 40 characters for 32 bytes of Curve25519.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, ValidationError, field_validator

from fleet.protocol.errors import ProtocolError
from fleet.protocol.messages import Role
from fleet.protocol.values import Identifier, Time, Value

Z85: Final = r"^[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}$"

FORMAT: Final = "lastmile-fleet key 1"

PublicKey = Annotated[str, Field(pattern=Z85)]
"""A public key in Z85."""

KeyId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
"""What a key is called where it is listed, logged or revoked: the beginning of its public half's SHA-256."""


class KeyFileError(ProtocolError):
    """A key file can't be used. The message says what is wrong with it, and never what stands in it."""


class KeyFile(Value):
    """What a peer needs in order to be let in. ``hub`` is the hub's public key: whoever has another is not the hub."""

    # An error of validation would otherwise show the text that it is about, and so the secret.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    format: Literal["lastmile-fleet key 1"]
    key_id: KeyId
    subject: Identifier
    role: Role
    hub: PublicKey
    public: PublicKey
    secret: SecretStr
    not_before: Time | None = None
    not_after: Time | None = None
    control: str | None = None
    telemetry: str | None = None
    simulated: bool | None = None
    """Whether a run made it for its simulated world. Only that uses it; a key without it is somebody else's."""
    _file: str = PrivateAttr(default="")

    @property
    def file(self) -> str:
        """Where it was read from, so that it can be read again; empty for one that was read nowhere."""
        return self._file

    @field_validator("secret")
    @classmethod
    def _is_key(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value()) != 40:
            raise ValueError("is no Z85 key of 40 characters")
        return secret

    def text(self) -> str:
        """What goes into the file, the secret included."""
        dumped: dict[str, Any] = self.model_dump(mode="json", exclude_none=True)
        dumped["secret"] = self.secret.get_secret_value()
        return f"{json.dumps(dumped, indent=1)}\n"


def parse_key_file(text: str, name: str) -> KeyFile:
    """The key in a file's text. Raises ``KeyFileError`` that names the file and the field, without its content."""
    try:
        key = KeyFile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"])) or "file"
        raise KeyFileError(
            f"{name}: {field}: {first['msg']}; make the key anew with `fleet keys create`"
        ) from None
    key._file = name
    return key


def hidden_from(*, owner: int, reader: int) -> int:
    """The bits that the mode of a file with a secret must not have: those of all but its owner.

    Of a file that is root's the group may read, where we are not root: so a secret is given to a service that must not
    change it. It is PostgreSQL's rule for server keys, and what systemd's ``LoadCredential=`` and Kubernetes make.
    """
    return 0o037 if owner == 0 and reader != 0 else 0o077


def check_mode(mode: int, name: str, *, owner: int, reader: int) -> None:
    """Refuse a secret that others can read. ``mode`` and ``owner`` are those of ``os.stat``, ``reader`` is who we are.

    Raises ``KeyFileError``.
    """
    if mode & hidden_from(owner=owner, reader=reader):
        raise KeyFileError(
            f"{name}: others on this machine may read it; put that right with: chmod 600 {name}"
        )
