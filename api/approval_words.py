"""How requests for approval are put into words, in each language; they join the sentences of `tail_words.py`.

A key is `ask/` with a subject, a state, or what led to it.
"""

from __future__ import annotations

ENGLISH: dict[str, str] = {
    "approval": "{about}: {state}",
    "ask/limit": "limit",
    "ask/temporary_limit": "temporary limit",
    "ask/order_release": "release of order",
    "ask/write_off": "write-off of",
    "ask/exception": "exception",
    "ask/unlimited": "no limit at all",
    "ask/open": "waits for {roles}",
    "ask/reminded": "still waits for {roles}",
    "ask/then": ", then ",
    "ask/and": " and ",
    "ask/granted": "granted ({actors})",
    "ask/asked": "asked for by {actor}",
    "ask/agreed": "{actor} agrees",
    "ask/refused": "refused by {actor}",
    "ask/withdrawn": "withdrawn by {actor}",
    "ask/expired": "expired unanswered",
    "ask/status_changed": "over, the account has another status",
    "ask/limit_changed": "over, another limit was set",
    "ask/currency_changed": "over, the currency is another",
    "ask/order_ended": "over, the order has ended",
    "ask/order_rejected": "over, the desk refused the order",
    "ask/order_released": "over, the order is released",
    "ask/order_amount_rose": "over, the order is larger now",
    "ask/invoice_settled": "over, nothing of the invoice is open",
}

CHINESE: dict[str, str] = {
    "approval": "{about}：{state}",
    "ask/limit": "额度",
    "ask/temporary_limit": "临时额度",
    "ask/order_release": "放行订单",
    "ask/write_off": "核销",
    "ask/exception": "例外",
    "ask/unlimited": "不设额度",
    "ask/open": "等待{roles}审批",
    "ask/reminded": "仍在等待{roles}审批",
    "ask/then": "，然后",
    "ask/and": "和",
    "ask/granted": "已批准（{actors}）",
    "ask/asked": "{actor} 提出申请",
    "ask/agreed": "{actor} 同意",
    "ask/refused": "{actor} 拒绝",
    "ask/withdrawn": "{actor} 撤回",
    "ask/expired": "逾期未审批，已失效",
    "ask/status_changed": "已失效，账户状态已变",
    "ask/limit_changed": "已失效，额度已另行设定",
    "ask/currency_changed": "已失效，币种已变",
    "ask/order_ended": "已失效，订单已结束",
    "ask/order_rejected": "已失效，订单已被拒绝",
    "ask/order_released": "已失效，订单已放行",
    "ask/order_amount_rose": "已失效，订单金额已提高",
    "ask/invoice_settled": "已失效，发票已无未付金额",
}
