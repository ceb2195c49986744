"""A vehicle's body: it works off its tasks in pieces of constant speed, and can be stopped in the middle of one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from fleet.sim.agenda import Ticket
from fleet.sim.geo import Piece, Point
from fleet.sim.stage import Stage
from fleet.sim.tasks import Do, Drive, Move, Task, Until, Wait

HOLD_S = 20.0
Planner = Callable[[Point, Move], tuple[Piece, Move | None] | None]


class Body:
    """Where a vehicle is and what it does next.

    ``plan`` makes the next piece of a ``Move`` (and what is left of it after that piece); ``moved`` is told of every
    piece that lies behind, standing ones too; ``begun`` of each piece when it begins.
    """

    def __init__(
        self,
        stage: Stage,
        position: Point,
        plan: Planner,
        begun: Callable[[Piece], None],
        moved: Callable[[Piece], None],
    ) -> None:
        self.stage = stage
        self.position = position
        self.piece: Piece | None = None
        self.queue: deque[Task] = deque()
        self.held = False
        self._plan, self._begun, self._moved = plan, begun, moved
        self._ticket: Ticket | None = None
        self._task: Task | None = None
        self._after: Move | None = None
        self._running = False

    def where(self) -> Point:
        """The position at this moment."""
        return self.position if self.piece is None else self.piece.point(self.stage.now)

    def work(self, *tasks: Task) -> None:
        """Put tasks at the end, and go on."""
        self.queue.extend(tasks)
        self.go()

    def instead(self, tasks: Iterable[Task]) -> None:
        """Leave everything that is planned, and do this."""
        self.cut()
        self.queue = deque(tasks)
        self.go()

    def hold(self) -> None:
        """Stay on the spot until told otherwise."""
        self.cut()
        self.held = True
        self.go()

    def hold_after_leg(self) -> None:
        """Stay once the present piece is done."""
        self.held = True

    def resume_legs(self) -> None:
        """Go on after a hold that came, or was still to come, at the end of a leg."""
        if not self.held:
            return
        self.held = False
        if self._task is None:
            self.cut()
        self.go()

    def release(self) -> None:
        """Go on after a hold."""
        self.held = False
        self.cut()
        self.go()

    def cut(self) -> None:
        """Stop in the middle; what is left of the present task comes first in the queue again."""
        if self.piece is None:
            return
        share, task = self.piece.share(self.stage.now), self._task
        self._end_piece(self.piece.cut(self.stage.now))
        if task is not None:
            self.queue.appendleft(_left(task, 1 - share))
        self._task = self._after = None

    def moves_left(self) -> tuple[Point, ...]:
        """The points that are still to be passed, up to the next thing to do; to be asked after ``cut``."""
        points: list[Point] = []
        for task in self.queue:
            if not isinstance(task, Move):
                break
            points.extend(task.points)
        return tuple(points)

    def go(self) -> None:
        """Begin the next piece unless one is under way."""
        if self._running:
            return
        self._running = True
        while self.piece is None and self._next():
            pass
        self._running = False

    def _next(self) -> bool:
        if self.held:
            self._begin(self._standing(self.stage.now + timedelta(seconds=HOLD_S)), None, None)
            return False
        if not self.queue:
            return False
        task = self.queue.popleft()
        if isinstance(task, Do):
            task.run()
        elif isinstance(task, Move):
            if (planned := self._plan(self.position, task)) is not None:
                self._begin(planned[0], task, planned[1])
        else:
            self._begin(self._fixed(task), task, None)
        return True

    def _fixed(self, task: Drive | Wait | Until) -> Piece:
        now = self.stage.now
        if isinstance(task, Drive):
            return Piece(self.position, task.to, now, now + timedelta(seconds=task.seconds), task.metres)
        return self._standing(task.at if isinstance(task, Until) else now + timedelta(seconds=task.seconds))

    def _standing(self, until: datetime) -> Piece:
        return Piece(self.position, self.position, self.stage.now, max(until, self.stage.now), 0.0)

    def _begin(self, piece: Piece, task: Task | None, after: Move | None) -> None:
        self.piece, self._task, self._after = piece, task, after
        self._ticket = self.stage.agenda.at(piece.ends, self._done)
        self._begun(piece)

    def _done(self) -> None:
        if self.piece is None:
            return
        after = self._after
        self._end_piece(self.piece)
        self._task = self._after = None
        if after is not None:
            self.queue.appendleft(after)
        self.go()

    def _end_piece(self, flown: Piece) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
        self.piece = self._ticket = None
        self.position = flown.end
        self._moved(flown)


def _left(task: Task, share: float) -> Task:
    """What is left of a task that was cut."""
    if isinstance(task, Drive):
        return Drive(task.to, task.seconds * share, task.metres * share)
    return Wait(task.seconds * share) if isinstance(task, Wait) else task
