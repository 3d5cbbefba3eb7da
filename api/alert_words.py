"""What alerts are about, in words of each language: a code that the core puts into an alert's subject.

A key is the alert's cause, a slash and the code, which is the whole subject or what stands before its first slash or
space: `fact_contradicts/invoice` for `invoice/I-9`.
"""

from __future__ import annotations

from collections.abc import Mapping


def subject_in_words(cause: str, subject: str, subjects: Mapping[str, str]) -> str:
    """Return what an alert is about; a subject that is only an id, a day or a name of others' as it is.

    >>> subject_in_words("fact_contradicts", "invoice/I-9", ENGLISH)
    'invoice I-9'
    """
    whole = subjects.get(f"{cause}/{subject}")
    if whole is not None:
        return whole
    for mark in ("/", " "):
        code, _, rest = subject.partition(mark)
        word = subjects.get(f"{cause}/{code}")
        if word is not None and rest:
            return f"{word} {rest}"
    return subject


ENGLISH: dict[str, str] = {
    "fact_contradicts/account": "account",
    "fact_contradicts/allocation": "allocation",
    "fact_contradicts/allocation_reversal": "reversal of allocation",
    "fact_contradicts/approval": "request for approval",
    "fact_contradicts/bill": "bill",
    "fact_contradicts/bill_dishonouring": "dishonouring of bill",
    "fact_contradicts/bill_honouring": "honouring of bill",
    "fact_contradicts/check": "check",
    "fact_contradicts/contract": "contract",
    "fact_contradicts/cover": "cover",
    "fact_contradicts/cover_release": "release of cover",
    "fact_contradicts/cover_withdrawal": "withdrawal of cover",
    "fact_contradicts/credit_note": "credit note",
    "fact_contradicts/delivery": "delivery",
    "fact_contradicts/delivery_reversal": "reversal of delivery",
    "fact_contradicts/dispute": "dispute",
    "fact_contradicts/dispute_resolution": "end of dispute",
    "fact_contradicts/invoice": "invoice",
    "fact_contradicts/invoice_cancellation": "cancellation of invoice",
    "fact_contradicts/order": "order",
    "fact_contradicts/payment": "payment",
    "fact_contradicts/payment_clearing": "clearing of payment",
    "fact_contradicts/payment_reversal": "reversal of payment",
    "unchecked_shipment/delivery": "at the delivery",
    "unchecked_shipment/invoice": "at the invoice",
    "adverse_event/insolvency": "insolvency",
    "adverse_event/insolvency_filed": "insolvency filed",
    "adverse_event/judgment": "judgment",
    "adverse_event/lien": "lien",
    "adverse_event/default": "default elsewhere",
    "shared_party/duns": "DUNS",
    "shared_party/lei": "LEI",
    "shared_party/party": "party",
    "shared_party/uscc": "unified social credit code",
    "shared_party/vat": "VAT number",
    "model_drift/amount_to_usual": "amount against the usual",
    "model_drift/days_beyond": "days beyond terms",
    "model_drift/days_beyond_bounded": "days beyond terms, bounded",
    "model_drift/days_beyond_lately": "days beyond terms lately",
    "model_drift/days_beyond_of_all": "days beyond terms of all accounts",
    "model_drift/disputed_share": "disputed share",
    "model_drift/due_at_month_end": "due at the end of a month",
    "model_drift/due_at_weekend": "due at a weekend",
    "model_drift/late_lately": "paid late lately",
    "model_drift/late_rate": "share paid late",
    "model_drift/late_rate_of_all": "share paid late of all accounts",
    "model_drift/loss": "its error",
    "model_drift/net_days": "days of the terms",
    "model_drift/open_items": "open items",
    "model_drift/overdue_age": "age of what is overdue",
    "model_drift/overdue_items": "overdue items",
    "model_drift/overdue_share": "overdue share",
    "model_drift/since_late": "time since paid late",
    "model_refused/model_ahead_of_lessons": "it has learned more than there is",
    "model_refused/model_counts_differ": "its counts do not fit",
    "model_refused/model_features_unknown": "it looks at what is not known",
    "model_refused/model_grace_days_differ": "it calls late what the policy does not",
    "model_refused/model_lengths_differ": "its numbers are not as many as what it looks at",
    "model_refused/model_name_unknown": "its name is not known",
    "model_refused/model_number_absurd": "a number is absurd",
    "model_refused/model_number_not_finite": "a number is not finite",
    "model_refused/model_unreadable": "it cannot be read",
    "model_refused/model_version_unknown": "its version is not known",
}

CHINESE: dict[str, str] = {
    "fact_contradicts/account": "账户",
    "fact_contradicts/allocation": "核销分配",
    "fact_contradicts/allocation_reversal": "撤销核销分配",
    "fact_contradicts/approval": "审批申请",
    "fact_contradicts/bill": "票据",
    "fact_contradicts/bill_dishonouring": "票据拒付",
    "fact_contradicts/bill_honouring": "票据兑付",
    "fact_contradicts/check": "检查",
    "fact_contradicts/contract": "合同",
    "fact_contradicts/cover": "担保",
    "fact_contradicts/cover_release": "解除担保",
    "fact_contradicts/cover_withdrawal": "撤回担保",
    "fact_contradicts/credit_note": "红字发票",
    "fact_contradicts/delivery": "发货",
    "fact_contradicts/delivery_reversal": "撤销发货",
    "fact_contradicts/dispute": "争议",
    "fact_contradicts/dispute_resolution": "争议了结",
    "fact_contradicts/invoice": "发票",
    "fact_contradicts/invoice_cancellation": "发票作废",
    "fact_contradicts/order": "订单",
    "fact_contradicts/payment": "付款",
    "fact_contradicts/payment_clearing": "付款到账",
    "fact_contradicts/payment_reversal": "付款撤销",
    "unchecked_shipment/delivery": "发货时",
    "unchecked_shipment/invoice": "开票时",
    "adverse_event/insolvency": "破产",
    "adverse_event/insolvency_filed": "申请破产",
    "adverse_event/judgment": "法院判决",
    "adverse_event/lien": "财产查封",
    "adverse_event/default": "他处违约",
    "shared_party/duns": "邓白氏编码",
    "shared_party/lei": "LEI 编码",
    "shared_party/party": "主体",
    "shared_party/uscc": "统一社会信用代码",
    "shared_party/vat": "增值税号",
    "model_drift/amount_to_usual": "金额与平常之比",
    "model_drift/days_beyond": "迟付天数",
    "model_drift/days_beyond_bounded": "迟付天数（有界）",
    "model_drift/days_beyond_lately": "近期迟付天数",
    "model_drift/days_beyond_of_all": "全部账户迟付天数",
    "model_drift/disputed_share": "争议占比",
    "model_drift/due_at_month_end": "月末到期",
    "model_drift/due_at_weekend": "周末到期",
    "model_drift/late_lately": "近期迟付",
    "model_drift/late_rate": "迟付占比",
    "model_drift/late_rate_of_all": "全部账户迟付占比",
    "model_drift/loss": "预测误差",
    "model_drift/net_days": "账期天数",
    "model_drift/open_items": "未结项",
    "model_drift/overdue_age": "逾期账龄",
    "model_drift/overdue_items": "逾期项",
    "model_drift/overdue_share": "逾期占比",
    "model_drift/since_late": "距上次迟付时间",
    "model_refused/model_ahead_of_lessons": "学习数量超过现有样本",
    "model_refused/model_counts_differ": "计数不符",
    "model_refused/model_features_unknown": "含有未知特征",
    "model_refused/model_grace_days_differ": "迟付定义与政策不同",
    "model_refused/model_lengths_differ": "数值个数与特征不符",
    "model_refused/model_name_unknown": "名称未知",
    "model_refused/model_number_absurd": "含有不合理数值",
    "model_refused/model_number_not_finite": "含有非有限数值",
    "model_refused/model_unreadable": "无法读取",
    "model_refused/model_version_unknown": "版本未知",
}
