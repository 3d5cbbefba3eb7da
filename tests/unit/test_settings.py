"""Settings come from the environment and reach every client the same way."""

import ssl
from pathlib import Path

import faust
import pytest
from pydantic import ValidationError

from streams.settings import (
    Settings,
    aiokafka_arguments,
    faust_broker_urls,
    faust_credentials,
    kafka_python_arguments,
    tls_context,
)


def test_the_defaults_are_one_machine_with_an_embedded_broker() -> None:
    settings = Settings()
    assert settings.embedded
    assert (settings.partitions, settings.replication_factor, settings.api_port) == (12, 1, 8400)
    assert settings.data == Path(".obligor")


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBLIGOR_BROKERS", "one:9092,two:9092")
    monkeypatch.setenv("OBLIGOR_PARTITIONS", "24")
    settings = Settings()
    assert settings.bootstrap == ["one:9092", "two:9092"]
    assert settings.partitions == 24
    assert faust_broker_urls(settings) == "kafka://one:9092;kafka://two:9092"


@pytest.mark.parametrize("arguments", [aiokafka_arguments, kafka_python_arguments])
def test_a_name_and_password_reach_the_clients_and_no_log(arguments: object) -> None:
    settings = Settings(
        brokers="one:9092",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="desk",
        sasl_password="sesame-1",
    )
    assert callable(arguments)
    assert arguments(settings) == {
        "bootstrap_servers": ["one:9092"],
        "security_protocol": "SASL_PLAINTEXT",
        "ssl_context": None,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "desk",
        "sasl_plain_password": "sesame-1",
    }
    credentials = faust_credentials(settings)
    assert isinstance(credentials, faust.SASLCredentials)
    assert (credentials.username, credentials.password, credentials.ssl_context) == ("desk", "sesame-1", None)
    assert credentials.protocol.value == "SASL_PLAINTEXT"
    assert "sesame-1" not in repr(settings)


def test_tls_checks_the_brokers_name_and_reaches_every_client() -> None:
    settings = Settings(brokers="one:9093", security_protocol="SSL")
    context = aiokafka_arguments(settings)["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname and context.verify_mode is ssl.CERT_REQUIRED
    credentials = faust_credentials(settings)
    assert isinstance(credentials, faust.SSLCredentials)
    assert credentials.protocol.value == "SSL"


def test_tls_with_a_password_is_both() -> None:
    settings = Settings(brokers="one:9093", security_protocol="SASL_SSL", sasl_username="desk")
    credentials = faust_credentials(settings)
    assert isinstance(credentials, faust.SASLCredentials)
    assert credentials.protocol.value == "SASL_SSL"
    assert credentials.ssl_context is not None


def test_a_plain_connection_has_neither() -> None:
    settings = Settings(brokers="one:9092")
    assert faust_credentials(settings) is None
    assert tls_context(settings) is None


def test_a_certificate_file_that_is_not_there_is_told() -> None:
    settings = Settings(brokers="one:9093", security_protocol="SSL", ssl_cafile=Path("missing.pem"))
    with pytest.raises(FileNotFoundError):
        tls_context(settings)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"min_insync_replicas": 2}, "min_insync_replicas must be at most replication_factor"),
        ({"security_protocol": "SASL_SSL"}, "sasl_username must be set"),
        ({"ssl_keyfile": "key.pem"}, "ssl_certfile must be set"),
        ({"partitions": 0}, "greater than or equal to 1"),
        ({"topic_prefix": "Credit_EU"}, "should match pattern"),
        ({"security_protocol": "TLS"}, "SASL_SSL"),
    ],
)
def test_settings_that_cannot_hold_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate(wrong)


def test_connecting_without_a_broker_is_an_error_not_a_guess() -> None:
    with pytest.raises(ValueError, match="brokers must be set"):
        aiokafka_arguments(Settings())
