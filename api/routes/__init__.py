"""HTTP: what can be read, one file for each part of the desk."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import accounts, desk, health, papers, portfolio, status

router = APIRouter(prefix="/v1")
for part in (health, desk, papers, accounts, portfolio, status):
    router.include_router(part.router)
scrape = health.scrape
