"""A weather station: follows a file that the station rewrites, and reports what is new in it.

The file is the hub's weather CSV. Nothing is kept on disk: after a restart all of it is reported again, and the hub
takes what it does not have.
"""

from __future__ import annotations

import argparse
import csv
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Self
from uuid import uuid4

import zmq
from pydantic import ValidationError, model_validator

from adapters.sdk.errors import AdapterError
from adapters.sdk.keys import CurveKeys, load_keys
from adapters.sdk.link import Endpoints, Link
from fleet.protocol.codec import decode_control, encode
from fleet.protocol.endpoint import DEFAULT_TIMING, Timing
from fleet.protocol.errors import RemoteError, Unsayable
from fleet.protocol.messages import Reply, ReportWeather, Role
from fleet.protocol.session import PeerSession, SessionState
from fleet.protocol.values import Latitude, Longitude, Place, Value
from fleet.protocol.versions import for_version
from fleet.protocol.weather import MOST_ROWS, WeatherHeight, WeatherRow, WeatherSort

WAIT_MS: Final = 100
BAD_INPUT: Final = 2
PLACES: Final = ("lon", "lat", "height_m")
"""The columns that the file may have: where it measures, and how high above the ground."""
VALUES: Final = tuple(name for name in WeatherRow.model_fields if name != "sort")
"""The columns that the file must have; others are passed over."""

Tell = Callable[[str], None]


class Station:
    """One station's end of the wire. Call ``step`` in a loop, or ``run``."""

    def __init__(
        self,
        file: Path,
        control: str,
        *,
        source: str,
        every_s: float,
        sort: WeatherSort = WeatherSort.OBSERVED,
        tell: Tell = lambda _: None,
        keys: CurveKeys | None = None,
        timing: Timing = DEFAULT_TIMING,
        monotonic: Callable[[], float] = time.monotonic,
        context: zmq.Context[zmq.Socket[bytes]] | None = None,
    ) -> None:
        self._file, self._every_s, self._sort, self._tell = file, every_s, sort, tell
        self._session = PeerSession(source, Role.WEATHER, uuid4().hex, timing=timing)
        self._link = Link(Endpoints(control), keys, context)
        self._monotonic = monotonic
        self._look_at = monotonic()
        self._reports = 0
        self._asked: dict[str, tuple[WeatherRow, ...]] = {}
        self._taken: dict[datetime, WeatherRow] = {}

    def run(self, stop: Callable[[], bool]) -> None:
        """Step until ``stop`` says so, then hang up. Raises ``TurnedAway``."""
        try:
            while not stop():
                self.step()
        finally:
            self.close()

    def step(self, wait_ms: int = WAIT_MS) -> None:
        """Do what there is to do, after waiting a little for something to come in."""
        self._connect_if_due()
        self._link.wait(wait_ms)
        for frames in self._link.received():
            self._receive(frames)
        self._look_if_due()
        for envelope in self._session.poll(self._monotonic()):
            self._link.send_control(encode(envelope, self._session.version))
        self._give_up_if_refused()

    def close(self) -> None:
        """Hang up."""
        self._link.close()

    def _connect_if_due(self) -> None:
        session, now = self._session, self._monotonic()
        if session.must_reboot:
            session.reboot(uuid4().hex)
        elif session.state is not SessionState.CLOSED and not session.wants_connection(now):
            return
        self._connect()

    def _connect(self) -> None:
        # An answer belongs to the connection that it was asked on: what had none is reported again.
        self._asked.clear()
        self._link.open()
        for envelope in self._session.connect(self._monotonic()):
            self._link.send_control(encode(envelope))

    def _receive(self, frames: list[bytes]) -> None:
        now = self._monotonic()
        try:
            for delivery in self._session.receive(decode_control(frames), now):
                if delivery.seq is not None:
                    self._session.taken(delivery.seq)
                if isinstance(delivery.message, Reply):
                    self._answered(delivery.message)
        except RemoteError:
            # What this hub says makes no sense; a later connection may find a better one.
            self._session.disconnected(now)

    def _answered(self, reply: Reply) -> None:
        rows = self._asked.pop(reply.request_id, ())
        self._tell(reply.detail if reply.ok else f"refused: {reply.detail}")
        if reply.ok:
            self._taken.update((row.time, row) for row in rows)

    def _look_if_due(self) -> None:
        """Report what is new, unless the hub still owes an answer."""
        now = self._monotonic()
        busy = self._asked or self._session.outstanding
        if now < self._look_at or busy or self._session.state is not SessionState.WELCOMED:
            return
        self._look_at = now + self._every_s
        try:
            rows, spot = read_rows(self._file, self._sort)
        except AdapterError as error:
            self._tell(str(error))
            return
        # What has left the file can't be new in it again: it need not be remembered.
        self._taken = {row.time: self._taken[row.time] for row in rows if row.time in self._taken}
        fresh = tuple(row for row in rows if self._taken.get(row.time) != row)
        if fresh:
            self._report(fresh, spot)

    def _report(self, rows: tuple[WeatherRow, ...], spot: Spot) -> None:
        self._reports += 1
        request_id = f"{self._session.boot_id}-{self._reports}"
        self._asked[request_id] = rows
        report = ReportWeather(
            request_id=request_id,
            source=self._session.peer_id,
            rows=rows,
            place=spot.place,
            height_m=spot.height_m,
        )
        try:
            for_version(report, self._session.version)
        except Unsayable as error:
            # It is not lost: a hub that knows places may answer tomorrow.
            del self._asked[request_id]
            self._tell(f"nothing is reported: {error} ({self._file} has lon, lat or height_m)")
            return
        self._session.send(report)

    def _give_up_if_refused(self) -> None:
        if self._link.must_redial(self._session):
            self._connect()


class Spot(NamedTuple):
    """Where a station measures, and how high above the ground; none where its file does not say."""

    place: Place | None
    height_m: float | None


class _Cells(Value):
    """The cells of a row that say where it is from."""

    lon: Longitude | None = None
    lat: Latitude | None = None
    height_m: WeatherHeight | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("a place has lon and lat, or neither")
        return self


def read_rows(file: Path, sort: WeatherSort) -> tuple[list[WeatherRow], Spot]:
    """The newest rows of a weather CSV, as many as one report may have, and where they are from.

    Raises ``AdapterError`` that names file, line and field; a file that is being written just now is read again later.
    """
    try:
        reader = csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines())
        missing = [name for name in VALUES if name not in (reader.fieldnames or ())]
        if missing:
            raise AdapterError(f"{file}:1: {missing[0]}: column missing; expected {', '.join(VALUES)}")
        read = [
            (_row(record, sort, at), _spot(record, at))
            for record in reader
            for at in (f"{file}:{reader.line_num}",)
        ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AdapterError(f"{file}: can't be read: {error}") from error
    spots = list(dict.fromkeys(spot for _, spot in read))
    if len(spots) > 1:
        raise AdapterError(
            f"{file}: speaks of {len(spots)} places or heights; a station has one, give each its own file"
        )
    return sorted((row for row, _ in read), key=lambda row: row.time)[-MOST_ROWS:], (
        spots or [Spot(None, None)]
    )[0]


def _spot(record: dict[str, str | None], place: str) -> Spot:
    try:
        cells = _Cells.model_validate({name: record[name] for name in PLACES if record.get(name)})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise AdapterError(f"{place}: {'.'.join(map(str, first['loc'])) or 'lon'}: {first['msg']}") from error
    where = None if cells.lon is None or cells.lat is None else Place(lon=cells.lon, lat=cells.lat)
    return Spot(where, cells.height_m)


def _row(record: dict[str, str | None], sort: WeatherSort, place: str) -> WeatherRow:
    try:
        return WeatherRow.model_validate({"sort": sort, **{name: record[name] for name in VALUES}})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise AdapterError(f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def main(argv: Sequence[str] | None = None) -> int:
    """Report until SIGTERM or SIGINT; the exit code. 2 is a hub that turns the station away."""
    said = _parser().parse_args(argv)
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: stopped.append(number))
    try:
        keys = load_keys(said.keys) if said.keys is not None else None
    except AdapterError as error:
        _tell(str(error))
        return BAD_INPUT
    station = Station(
        said.file,
        said.control,
        keys=keys,
        source=said.source or (said.file.stem if keys is None else keys.subject),
        every_s=said.every,
        sort=WeatherSort.FORECAST if said.forecast else WeatherSort.OBSERVED,
        tell=_tell,
    )
    try:
        station.run(lambda: bool(stopped))
    except AdapterError as error:
        _tell(str(error))
        return BAD_INPUT
    return 0


def _tell(text: str) -> None:
    with suppress(OSError):  # a log on a full disk, or whose reader has gone, ends nobody
        print(f"fleet-adapter weather: {text}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fleet-adapter weather", description=__doc__)
    parser.add_argument("--control", required=True, metavar="ENDPOINT", help="the hub's control channel")
    parser.add_argument("--file", required=True, type=Path, metavar="F.csv", help="the file to follow")
    parser.add_argument(
        "--every", type=_seconds, default=60.0, metavar="S", help="how often it is looked at (60 s)"
    )
    parser.add_argument(
        "--keys", type=Path, metavar="KEY.json", help="what `fleet keys create ID --role weather` made"
    )
    parser.add_argument(
        "--source", metavar="ID", help="the station's name; the key's, or without one the file's, unless told"
    )
    parser.add_argument("--forecast", action="store_true", help="the rows are expected, not measured")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("must be above 0")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
