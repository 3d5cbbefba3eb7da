"""Facts by topic: what the world may tell us. Tags and field names are the contract and are never renamed."""

from __future__ import annotations

from schemas.facts.bureau import BureauFact
from schemas.facts.control import Broadcast, ControlFact
from schemas.facts.desk import DeskDecision
from schemas.facts.dossiers import DossierFact
from schemas.facts.invoices import InvoiceFact
from schemas.facts.orders import OrderFact
from schemas.facts.payments import PaymentFact
from schemas.facts.shape import DeskFact, Fact, MoneyFact

FACTS_BY_TOPIC: dict[str, object] = {
    "dossiers": DossierFact,
    "orders": OrderFact,
    "invoices": InvoiceFact,
    "payments": PaymentFact,
    "bureau": BureauFact,
    "desk": DeskDecision,
    "control": ControlFact,
}
"""The union of fact types that each source topic carries."""

__all__ = ["FACTS_BY_TOPIC", "Broadcast", "DeskFact", "Fact", "MoneyFact"]
