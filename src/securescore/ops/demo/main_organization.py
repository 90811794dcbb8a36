"""The main organization: plays the story day by day and reads the tables every morning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from securescore.core.collection import Collected
from securescore.ops.demo import company, story_identity, story_mail, story_work
from securescore.ops.demo.catalog_story import catalog_changes, catalog_events
from securescore.ops.demo.cloud import TOOL, Cloud
from securescore.ops.demo.decisions import CHOICES, KINDS, decisions
from securescore.ops.demo.devices import Devices
from securescore.ops.demo.ledger import Ledger
from securescore.ops.demo.people import People
from securescore.ops.demo.values import DemoOrganization, StoryCause, StoryEvent
from securescore.ops.demo.world import Scene, World

STORY_DAYS = 730
"""The day of the story with this number is the last one."""
FIRST_READ = time(5, 2)
BETWEEN_SOURCES = timedelta(minutes=5, seconds=20)
EVENING = timedelta(hours=11)

SCENES: tuple[Scene, ...] = tuple(
    sorted(
        (*story_identity.SCENES, *story_mail.SCENES, *story_work.SCENES),
        key=lambda scene: scene.day,
    )
)


def main_organization(*, seed: int, last_day: date, days: int) -> DemoOrganization:
    """The main organization; its days are played while ``collections`` is iterated."""

    def on(day: int) -> date:
        return last_day - timedelta(days=STORY_DAYS - day)

    return DemoOrganization(
        name=company.NAME,
        seats=company.SEATS,
        industry=company.INDUSTRY,
        region=company.REGION,
        time_zone=company.TIME_ZONE,
        collections=_collections(seed, last_day, days),
        decisions=decisions(on),
        story=_events(last_day, days),
        catalog_changes=catalog_changes(on),
    )


def _events(last_day: date, days: int) -> tuple[StoryEvent, ...]:
    def on(day: int) -> date:
        return last_day - timedelta(days=STORY_DAYS - day)

    told = [
        StoryEvent(on(scene.day), scene.kind, scene.cause, scene.controls, scene.text)
        for scene in SCENES
    ]
    told += [
        StoryEvent(
            on(choice.day),
            KINDS[choice.status],
            StoryCause.STATUS,
            (choice.control_id,),
            f"{choice.by} decides: {choice.status}." + (f" {choice.note}" if choice.note else ""),
        )
        for choice in CHOICES
    ]
    told += catalog_events(on)
    first = last_day - timedelta(days=days - 1)
    return tuple(sorted((e for e in told if e.on >= first), key=lambda event: event.on))


def _collections(seed: int, last_day: date, days: int) -> Iterator[Collected]:
    first_day = STORY_DAYS - days + 1
    start = min(1, first_day)
    scenes: dict[int, list[Scene]] = {}
    for scene in SCENES:
        scenes.setdefault(scene.day, []).append(scene)

    def evening_before(day: int) -> datetime:
        morning = datetime.combine(last_day, FIRST_READ, UTC) - timedelta(days=STORY_DAYS - day)
        return morning - EVENING

    world = _world(seed, start, evening_before(start))
    broken = {*world.sources, TOOL}  # sources whose next collection is a whole one
    for day in range(start, STORY_DAYS + 1):
        world.day, world.now = day, evening_before(day)
        if day > 0:
            _live(world)
        for scene in scenes.get(day, ()):
            if scene.act is not None:
                scene.act(world)
        if world.ledger.is_changed("intune_devices") or day == first_day:
            world.cloud.scan_laptops(day, world.now, world.devices.field_service())
        if day >= first_day:
            yield from _morning(world, broken)


def _world(seed: int, day: int, now: datetime) -> World:
    random = Random(seed)
    ledger = Ledger(name for names in company.SOURCES.values() for name in names)
    people = People(Random(random.random()), ledger, seed)
    devices = Devices(Random(random.random()), ledger)
    cloud = Cloud(Random(random.random()))
    sources = [name for name in company.SOURCES if name != "cloud_apps"]
    world = World(ledger, people, devices, cloud, sources, day, now)
    company.first_day(ledger)
    people.settle()
    devices.settle(now)
    cloud.settle()
    cloud.scan_account(day)
    story_identity.first_day(world)
    return world


def _live(world: World) -> None:
    world.people.live(world.day)
    world.devices.live(world.day, world.now)
    world.cloud.live(world.day)


def _morning(world: World, broken: set[str]) -> Iterator[Collected]:
    """One collection per source, and the nightly scans after them."""
    at = world.now + EVENING
    for source in list(company.SOURCES):
        if source not in world.sources:
            broken.add(source)
            continue
        tables = company.SOURCES[source]
        if source in world.failing:
            broken.add(source)
            yield Collected(
                source=source,
                collected_at=at,
                tables={},
                missing=dict.fromkeys(tables, world.failing[source]),
            )
        else:
            yield world.ledger.collected(source, tables, at, whole=source in broken)
            broken.discard(source)
        at += BETWEEN_SOURCES
    yield from world.cloud.collected(at, whole=TOOL in broken)
    broken.discard(TOOL)
