"""Nobody takes all places, and nobody floods: a caller's line and its minute."""

from __future__ import annotations

import asyncio

import pytest

from edi.web.turns import WAITING_MAX, TooManyError, Turns

pytestmark = pytest.mark.storeless

ACME, NORD = ("ACME", "US", "192.0.2.1"), ("NORD", "US", "192.0.2.2")


class Clock:
    def __init__(self) -> None:
        self.now = 30.0

    def __call__(self) -> float:
        return self.now


async def enter(turns: Turns, caller: tuple[str, str, str]) -> None:
    async with turns.queue(caller):
        pass


def test_a_minute_has_room_for_so_many_and_the_next_one_again() -> None:
    clock = Clock()
    turns = Turns(per_minute=2, monotonic=clock)

    async def run() -> int:
        await enter(turns, ACME)
        await enter(turns, ACME)
        with pytest.raises(TooManyError) as caught:
            await enter(turns, ACME)
        await enter(turns, NORD)
        clock.now = 60.0
        await enter(turns, ACME)
        return caught.value.seconds

    assert asyncio.run(run()) == 30


def test_a_line_that_is_full_turns_away_its_own_caller_only() -> None:
    turns = Turns()

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            leave = asyncio.Event()

            async def wait() -> None:
                async with turns.queue(ACME):
                    await leave.wait()

            for _ in range(WAITING_MAX):
                group.create_task(wait())
            await asyncio.sleep(0)
            with pytest.raises(TooManyError):
                await enter(turns, ACME)
            await enter(turns, NORD)
            leave.set()

    asyncio.run(run())


def test_of_one_caller_only_so_many_are_opened_at_once() -> None:
    turns, most = Turns(at_once=2), []

    async def run() -> None:
        now = 0

        async def open_one() -> None:
            nonlocal now
            async with turns.queue(ACME) as own, own:
                now += 1
                most.append(now)
                await asyncio.sleep(0.001)
                now -= 1

        await asyncio.gather(*(open_one() for _ in range(10)))

    asyncio.run(run())

    assert max(most) == 2
