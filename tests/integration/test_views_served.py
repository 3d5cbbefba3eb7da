"""Views against a real broker and worker: soon, the same from every process, built anew, and side by side."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from api.views import Views
from streams.broker import Broker
from streams.settings import Settings, aiokafka_arguments
from streams.topics import create_and_check
from tests import builders as b
from tests.api_process import ApiProcess
from tests.faults.progress import wait_until
from tests.order_system import OrderSystem
from tests.worker_process import ObservedWorker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

SECONDS = 30.0


@pytest.fixture(scope="module")
def settings(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Topics of this module's own."""
    data = tmp_path_factory.mktemp("views")
    found = Settings(brokers=broker.bootstrap, topic_prefix="views", group_id="views", partitions=3, data=data)
    create_and_check(found)
    return found


@pytest.fixture(scope="module")
def shop(settings: Settings) -> Iterator[OrderSystem]:
    """An order system, and a worker behind it."""
    with ObservedWorker(settings, settings.data / "worker.log").start_ready(), OrderSystem(settings) as system:
        system.open({f"C-{number}": 1_000 for number in range(6)})
        yield system


@pytest.fixture(scope="module")
def both(settings: Settings, shop: OrderSystem) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Two api processes over the same data directory."""
    first, second = (ApiProcess(settings, settings.data / f"api-{number}.log") for number in range(2))
    with first, second, first.client() as one, second.client() as other:
        yield one, other


def queue(http: httpx.Client) -> list[str]:
    return [row["order_id"] for row in http.get("/v1/orders").json()["orders"]]


def everything(http: httpx.Client) -> dict[str, Any]:
    """What a process answers, without how fresh it is."""
    paths = ["/v1/accounts?sort=-exposure_minor", "/v1/orders", "/v1/orders?state=released", "/v1/alerts", "/v1/limits"]
    paths += [f"/v1/accounts/C-{number}/{part}" for number in range(6) for part in ("trail", "exposure-history")]
    answers = {path: http.get(path).json() for path in paths}
    for answer in answers.values():
        del answer["as_of"]
    return answers


def test_an_order_that_is_blocked_stands_in_the_queue_of_every_process_within_a_second(
    both: tuple[httpx.Client, httpx.Client], shop: OrderSystem
) -> None:
    shop.say(b.order("warm", 5_000, account_id="C-0"))
    wait_until("the first to be seen", lambda: all("warm" in queue(http) for http in both), SECONDS)
    took = []
    for number in range(5):
        began = time.monotonic()
        shop.say(b.order(f"O-{number}", 5_000, account_id=f"C-{number}"))
        wait_until("it to be seen", lambda name=f"O-{number}": all(name in queue(http) for http in both), SECONDS)
        took.append(time.monotonic() - began)
    assert sorted(took)[2] < 1.0
    assert everything(both[0]) == everything(both[1])


def test_a_dead_letter_is_listed_until_it_is_mended(both: tuple[httpx.Client, httpx.Client], shop: OrderSystem) -> None:
    def listed(state: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = both[0].get("/v1/dead-letters", params={"state": state}).json()["dead_letters"]
        return found

    place = shop.put("orders", b'{"type":"order_placed"}', b"C-5")
    wait_until("it to be listed", lambda: [one["id"] for one in listed("open")] == [place], SECONDS)
    [letter] = listed("open")
    assert (letter["account_id"], letter["code"], letter["value"]) == (
        "C-5",
        "field_invalid",
        '{"type":"order_placed"}',
    )
    mended = b.order("O-mended", 10, account_id="C-5").with_headers(redrives=place)
    shop.say(mended)
    wait_until("it to be mended", lambda: [one["id"] for one in listed("sent again")] == [place], SECONDS)
    assert listed("open") == []


def test_status_tells_how_far_everything_is(both: tuple[httpx.Client, httpx.Client], shop: OrderSystem) -> None:
    def status() -> dict[str, Any]:
        found: dict[str, Any] = both[1].get("/v1/status").json()
        return found

    wait_until("the topics to be counted", lambda: status()["topics"], SECONDS)
    wait_until("nothing to lag", lambda: not any(one["lag_records"] for one in status()["topics"]), SECONDS)
    found = status()
    assert {one["topic"] for one in found["topics"]} >= {"views.orders.v1", "views.ledger.v1", "views.decisions.v1"}
    ledger = next(one for one in found["topics"] if one["kind"] == "ledger")
    assert ledger["records"] == sum(one["seq"] + 1 for one in found["partitions"])
    assert found["view"]["slot"] in ("0", "1") and found["view"]["building"] is None and found["trouble"] is None


def test_a_view_that_was_deleted_is_built_anew_and_answers_the_same(
    both: tuple[httpx.Client, httpx.Client], settings: Settings
) -> None:
    before = everything(both[0])
    for slot in ("2", "3"):  # those of the two processes are in use
        shutil.rmtree(settings.data / "views" / slot, ignore_errors=True)
    with ApiProcess(settings, settings.data / "api-anew.log") as api, api.client() as http:
        assert everything(http) == before
    with ApiProcess(settings, settings.data / "api-again.log") as api, api.client() as http:
        assert everything(http) == before


def test_an_older_version_serves_until_the_next_one_is_complete(settings: Settings, shop: OrderSystem) -> None:
    data = settings.data / "side-by-side"
    asyncio.run(_run_until(settings, data, 1, lambda views: views.serving is not None and not views.trouble))
    [older] = [path.name for path in (data / "views" / "0").glob("v*")]
    served: list[str] = []

    def is_new(views: Views) -> bool:
        if views.serving is not None:
            served.append(views.serving_version)
        return [path.name[:3] for path in (data / "views" / "0").glob("v*")] == ["v2-"]

    asyncio.run(_run_until(settings, data, 2, is_new))
    assert served[0] == older and served[-1].startswith("v2-")


async def _run_until(settings: Settings, data: Any, version: int, is_done: Callable[[Views], bool]) -> None:
    views = Views(aiokafka_arguments(settings), settings.topic_prefix, data, version)
    running = asyncio.create_task(views.run())
    async with asyncio.timeout(SECONDS):
        while not is_done(views):
            assert not running.done(), running
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
