"""What a deployment may choose, and the connection arguments that follow from it for each Kafka client."""

import ssl
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

import faust
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class Settings(BaseSettings):
    """Everything read from the environment (`OBLIGOR_*`), so that one machine and a cluster differ in nothing else.

    >>> Settings(brokers="a:9092, b:9092").bootstrap
    ['a:9092', 'b:9092']
    """

    model_config = SettingsConfigDict(env_prefix="OBLIGOR_", extra="forbid")

    brokers: str = ""
    """Addresses of an existing cluster, separated by commas; empty means the embedded broker."""
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "PLAIN"
    sasl_username: str = ""
    sasl_password: SecretStr = SecretStr("")
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None

    topic_prefix: str = Field(default="credit", pattern=r"^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*$")
    partitions: int = Field(default=12, ge=1)
    """Fixed for life: growing it would move accounts between partitions and split their limits."""
    replication_factor: int = Field(default=1, ge=1)
    min_insync_replicas: int = Field(default=1, ge=1)

    data: Path = Path(".obligor")
    checkpoint_path: Path | None = None
    checkpoint_every: int = Field(default=50_000, ge=1)
    """Ledger records between two checkpoints of a partition."""
    state_every_ms: int = Field(default=5_000, ge=0)
    """How long what the ledger holds may wait to be written to the local state, so that more is written at once."""

    signing_key: Path | None = None
    """File of the Ed25519 private key that signs the topics `desk` and `control`; else that of the data directory."""
    trusted_keys: str = ""
    """More public keys whose signatures hold, as base64, separated by commas."""
    require_signatures: bool | None = None
    """Whether unsigned desk and control facts are refused; None: where a key is known."""

    access_path: Path | None = None
    """SQLite file of people, keys, sessions and the access log; else in the data directory."""
    api_names: str = ""
    """Host names that the api answers to, separated by commas; else any, or this machine's on a loopback address."""
    api_url: str = ""
    """What the api is reached at from browsers, such as https://credit.example: where a provider sends people back."""
    oidc_issuer: str = ""
    """Provider of identities that people log in through; empty is none."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name_claim: str = "preferred_username"
    oidc_roles_claim: str = "groups"
    oidc_roles: dict[str, tuple[str, ...]] = {}
    """Roles by value of the claim, as JSON: {"credit-desk": ["analyst", "approver"]}."""
    oidc_managers_claim: str = ""
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8400, ge=0, le=65535)
    webhook_networks: str = ""
    """Networks that webhooks may lead into though they are not the internet: CIDR notation, separated by commas."""
    webhook_attempts: int = Field(default=12, ge=1, le=100)
    kafka_port: int = Field(default=9092, ge=0, le=65535)
    workers: int = Field(default=1, ge=0)
    group_id: str = "obligor"
    max_idle_ms: int = Field(default=200, ge=0)
    """How long the merge waits for a source that is known to have more."""
    session_timeout_ms: int = Field(default=10_000, ge=1_000)

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        if self.min_insync_replicas > self.replication_factor:
            raise ValueError(
                f"min_insync_replicas must be at most replication_factor ({self.replication_factor}), "
                f"got {self.min_insync_replicas}"
            )
        if self.uses_sasl and not self.sasl_username:
            raise ValueError(f"sasl_username must be set for security_protocol {self.security_protocol}")
        for network in self.networks:
            ip_network(network)
        if self.oidc_issuer and not (self.oidc_client_id and self.api_url and self.oidc_roles):
            raise ValueError("oidc_client_id, oidc_roles and api_url must be set with oidc_issuer")
        if self.ssl_keyfile and not self.ssl_certfile:
            raise ValueError("ssl_certfile must be set with ssl_keyfile")
        return self

    @property
    def bootstrap(self) -> list[str]:
        """The configured broker addresses; empty when the embedded broker is meant."""
        return [address.strip() for address in self.brokers.split(",") if address.strip()]

    @property
    def embedded(self) -> bool:
        """Whether no cluster was configured."""
        return not self.bootstrap

    @property
    def networks(self) -> list[str]:
        """The networks that webhooks may lead into, one by one."""
        return [network.strip() for network in self.webhook_networks.split(",") if network.strip()]

    @property
    def uses_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.security_protocol in ("SSL", "SASL_SSL")

    @property
    def uses_sasl(self) -> bool:
        """Whether connections log in with a name and password."""
        return self.security_protocol in ("SASL_PLAINTEXT", "SASL_SSL")

    def with_brokers(self, brokers: str) -> "Settings":
        """The same settings with another broker address: the one the embedded broker ended up with."""
        return self.model_copy(update={"brokers": brokers})


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """The TLS context for the broker connections, or None when they are plain.

    Without `ssl_cafile` the system's authorities are trusted; host names are always checked.
    """
    if not settings.uses_tls:
        return None
    context = ssl.create_default_context(cafile=str(settings.ssl_cafile) if settings.ssl_cafile else None)
    if settings.ssl_certfile:
        context.load_cert_chain(str(settings.ssl_certfile), str(settings.ssl_keyfile) if settings.ssl_keyfile else None)
    return context


def _connection(settings: Settings) -> dict[str, Any]:
    if settings.embedded:
        raise ValueError(
            "brokers must be set before connecting, got an empty address (start the embedded broker first)"
        )
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap,
        "security_protocol": settings.security_protocol,
        "ssl_context": tls_context(settings),
    }
    if settings.uses_sasl:
        arguments |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value(),
        }
    return arguments


def aiokafka_arguments(settings: Settings) -> dict[str, Any]:
    """Keyword arguments that connect any aiokafka client."""
    return _connection(settings)


def kafka_python_arguments(settings: Settings) -> dict[str, Any]:
    """Keyword arguments that connect any kafka-python client."""
    return _connection(settings)


def faust_broker_urls(settings: Settings) -> str:
    """The `broker` argument of a Faust app.

    >>> faust_broker_urls(Settings(brokers="a:9092,b:9092"))
    'kafka://a:9092;kafka://b:9092'
    """
    return ";".join(f"kafka://{address}" for address in settings.bootstrap)


def faust_credentials(settings: Settings) -> "faust.SASLCredentials | faust.SSLCredentials | None":
    """The `broker_credentials` argument of a Faust app; None for plain connections."""
    context = tls_context(settings)
    if settings.uses_sasl:
        return faust.SASLCredentials(
            username=settings.sasl_username,
            password=settings.sasl_password.get_secret_value(),
            ssl_context=context,
            mechanism=settings.sasl_mechanism,
        )
    return faust.SSLCredentials(context=context) if context else None
