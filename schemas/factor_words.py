"""What the factors of a scorecard are called for people, in English and Chinese."""

from __future__ import annotations

from schemas.policy_scorecard import ASSESSMENT, RATIO_NAMES, TO_PEERS, TREND

_ENGLISH = {
    "payment_index": "payment index",
    "days_beyond_terms": "days beyond terms",
    "payment_drift": "payment drift, days",
    "overdue_share": "overdue share",
    "disputed_share": "disputed share",
    "bureau_score": "bureau score",
    "references": "references",
    "reputation": "reputation",
    "altman_z": "Altman Z''",
    "industry": "industry",
    "revenue": "revenue",
    "employees": "employees",
    "years_of_relationship": "years with us",
    "assessment.management": "management",
    "assessment.site_visit": "site visit",
    "assessment.complaints": "complaints",
    **{name: name.replace("_", " ") for name in RATIO_NAMES},
}
_CHINESE = {
    "payment_index": "付款指数",
    "days_beyond_terms": "平均迟付天数",
    "payment_drift": "付款趋迟（天）",
    "overdue_share": "逾期占比",
    "disputed_share": "争议占比",
    "bureau_score": "征信评分",
    "references": "资信证明",
    "reputation": "商誉",
    "altman_z": "Altman Z''",
    "industry": "行业",
    "revenue": "年营业额",
    "employees": "员工人数",
    "years_of_relationship": "合作年数",
    "assessment.management": "管理层评估",
    "assessment.site_visit": "实地走访",
    "assessment.complaints": "投诉",
    "current_ratio": "流动比率",
    "quick_ratio": "速动比率",
    "cash_ratio": "现金比率",
    "equity_ratio": "权益比率",
    "debt_to_equity": "产权比率",
    "interest_cover": "利息保障倍数",
    "gross_margin": "毛利率",
    "net_margin": "净利率",
    "return_on_assets": "总资产收益率",
    "days_sales_outstanding": "应收账款周转天数",
    "days_payables_outstanding": "应付账款周转天数",
    "days_inventory": "存货周转天数",
    "operating_cash_flow_to_debt": "经营现金流负债比",
    "free_cash_flow_margin": "自由现金流率",
}
FACTOR_WORDS: dict[str, dict[str, str]] = {"en": _ENGLISH, "zh": _CHINESE}
"""Names by language and factor."""

RATIO_FACTOR_WORDS: dict[str, dict[str, str]] = {
    "en": {TREND: "{ratio}, trend", TO_PEERS: "{ratio} to peers"},
    "zh": {TREND: "{ratio}变动", TO_PEERS: "{ratio}与同业比"},
}
"""Names by language and the ending of a factor that is of a ratio."""


def factor_in_words(factor: str, language: str) -> str:
    """Return what a factor is called; an assessment of a subject without a name of its own as its subject.

    >>> factor_in_words("equity_ratio_to_peers", "en"), factor_in_words("assessment.board", "en")
    ('equity ratio to peers', 'board')
    """
    words = FACTOR_WORDS[language]
    for ending, pattern in RATIO_FACTOR_WORDS[language].items():
        if factor.endswith(ending):
            return pattern.format(ratio=factor_in_words(factor.removesuffix(ending), language))
    return words.get(factor, factor.removeprefix(ASSESSMENT).replace("_", " "))
