"""What an api process tells Prometheus, read from its parts when asked."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.live import Live
from api.views import Views


class FeedCollector(Collector):
    """The feed's numbers; those of the hub are left out until there is one."""

    def __init__(self, live: Live, views: Views | None) -> None:
        self._live = live
        self._view = None if views is None else views.serving

    def collect(self) -> Iterator[Metric]:
        """Yield every metric as it is now."""
        live = self._live
        yield GaugeMetricFamily("obligor_api_ready", "1 while this process keeps up", value=not live.trouble)
        yield GaugeMetricFamily("obligor_api_lag_records", "records between this process and the ends", live.lag)
        if self._view is not None:
            accounts = sum(len(part.accounts.lines) for part in self._view.parts)
            yield GaugeMetricFamily("obligor_api_accounts", "accounts in the view", accounts)
            yield GaugeMetricFamily("obligor_view_lag_records", "ledger records the view lacks", self._view.lag)
        hub = live.hub
        if hub is None:
            return
        yield CounterMetricFamily("obligor_api_events", "events read from the topics", hub.events)
        yield CounterMetricFamily("obligor_api_repetitions", "records that repeat an earlier one", hub.repeated)
        yield CounterMetricFamily("obligor_api_unreadable", "records that are no event", hub.unreadable)
        yield GaugeMetricFamily("obligor_feed_clients", "open feed connections", len(hub.sessions))
        yield CounterMetricFamily("obligor_feed_closed_slow", "clients closed for being too slow", hub.closed_slow)


def exposition(live: Live, views: Views | None = None) -> bytes:
    """Return the metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FeedCollector(live, views))
    return generate_latest(registry)
