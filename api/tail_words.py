"""What the feed's events are called in each language."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Language = Literal["en", "zh"]


class Words(Struct, frozen=True):
    """One language: headings by event type or level, and sentences with the numbers to fill in.

    A key that ends in `/short` is what narrow terminals show instead.
    """

    headings: dict[str, str]
    reasons: dict[str, str]
    causes: dict[str, str]
    sentences: dict[str, str]
    roles: dict[str, str]


ENGLISH = Words(
    headings={
        "order_released": "released",
        "order_referred": "referred",
        "order_blocked": "blocked",
        "order_release_withdrawn": "withdrawn",
        "limit_changed": "limit",
        "status_changed": "status",
        "terms_changed": "terms",
        "grade_changed": "grade",
        "limit_proposed": "proposal",
        "measure_taken": "measure",
        "approval_changed": "approval",
        "alert_handled": "handled",
        "exposure_changed": "exposure",
        "notice": "NOTICE",
        "warning": "WARNING",
        "critical": "CRITICAL",
        "cleared": "cleared",
    },
    reasons={
        "account_unknown": "the account is not known",
        "account_suspended": "the account is suspended",
        "rejected_by_desk": "rejected by the desk",
        "fact_unreadable": "{unreadable_count} record(s) of this account could not be read",
        "limit_missing": "no limit has been set",
        "currency_without_rate": "there is no rate for {currency}",
        "limit_is_zero": "the limit is zero",
        "exposure_exceeds_limit": "{over} over the limit of {limit} ({utilisation})",
        "exposure_exceeds_limit/short": "{over} over limit",
        "headroom_reserved_for_earlier_order": "headroom is reserved for order {order_id}",
        "headroom_fell_below_zero": "headroom fell to {headroom}",
        "released_by_desk": "released by the desk",
    },
    causes={
        "utilisation": "limit used",
        "overdue_share": "overdue share",
        "fact_unreadable": "unreadable records",
        "fact_contradicts": "contradicting record",
        "delivered_without_release": "delivered without release",
    },
    sentences={
        "order": "order {order_id} {amount}",
        "order/short": "{order_id} {amount}",
        "separator": ", ",
        "headroom_left": "{headroom} left",
        "crossed": "{found}, line {line}",
        "cleared": "now {found}",
        "limit": "limit is now {limit}",
        "unlimited": "no limit is needed any more",
        "limit_missing": "no limit is set any more",
        "until": "until {temporary_until}",
        "active": "active again",
        "suspended": "suspended",
        "prepayment": "prepayment only",
        "legal": "with a lawyer or agency",
        "exposure": "{exposure} of {limit} ({utilisation})",
        "exposure_alone": "{exposure}",
        "overdue": "{overdue} overdue",
        "advisory": "advice only",
        "connected": "connected to {url}",
        "lost": "connection lost ({why}); trying again in {seconds:.1f} s",
        "resumed": "connected again; going on where it stopped",
        "too_slow": "this terminal was too slow; catching up",
        "reset": "events are missing here: {why}",
    },
    roles={
        "account_manager": "account manager",
        "credit_analyst": "credit analyst",
        "credit_manager": "credit manager",
        "collector": "collector",
        "finance_director": "finance director",
    },
)

CHINESE = Words(
    headings={
        "order_released": "放行",
        "order_referred": "待审",
        "order_blocked": "冻结",
        "order_release_withdrawn": "撤回放行",
        "limit_changed": "额度",
        "status_changed": "状态",
        "terms_changed": "账期",
        "grade_changed": "等级",
        "limit_proposed": "建议额度",
        "measure_taken": "措施",
        "approval_changed": "审批",
        "alert_handled": "已处理",
        "exposure_changed": "敞口",
        "notice": "提示",
        "warning": "警告",
        "critical": "严重",
        "cleared": "解除",
    },
    reasons={
        "account_unknown": "账户未建档",
        "account_suspended": "账户已停用",
        "rejected_by_desk": "风控已拒绝",
        "fact_unreadable": "该账户有 {unreadable_count} 条记录无法读取",
        "limit_missing": "尚未设定额度",
        "currency_without_rate": "缺少 {currency} 汇率",
        "limit_is_zero": "额度为零",
        "exposure_exceeds_limit": "超额度 {over}，额度 {limit}（{utilisation}）",
        "exposure_exceeds_limit/short": "超额度 {over}",
        "headroom_reserved_for_earlier_order": "可用额度已留给订单 {order_id}",
        "headroom_fell_below_zero": "可用额度降至 {headroom}",
        "released_by_desk": "风控人工放行",
    },
    causes={
        "utilisation": "额度使用率",
        "overdue_share": "逾期占比",
        "fact_unreadable": "记录无法读取",
        "fact_contradicts": "记录相互矛盾",
        "delivered_without_release": "未放行先发货",
    },
    sentences={
        "order": "订单 {order_id} {amount}",
        "order/short": "{order_id} {amount}",
        "separator": "，",
        "headroom_left": "剩余额度 {headroom}",
        "crossed": "{found}，警戒线 {line}",
        "cleared": "现为 {found}",
        "limit": "额度改为 {limit}",
        "unlimited": "不再需要额度",
        "limit_missing": "不再有额度",
        "until": "有效期至 {temporary_until}",
        "active": "恢复正常",
        "suspended": "已停用",
        "prepayment": "仅限预付款",
        "legal": "已转法务或委外",
        "exposure": "{exposure}，额度 {limit}（{utilisation}）",
        "exposure_alone": "{exposure}",
        "overdue": "逾期 {overdue}",
        "advisory": "仅供参考",
        "connected": "已连接 {url}",
        "lost": "连接中断（{why}）；{seconds:.1f} 秒后重试",
        "resumed": "已重新连接，从中断处继续",
        "too_slow": "终端太慢，正在补齐",
        "reset": "此处缺少部分事件：{why}",
    },
    roles={
        "account_manager": "客户经理",
        "credit_analyst": "信用分析员",
        "credit_manager": "信用经理",
        "collector": "催收员",
        "finance_director": "财务总监",
    },
)

LANGUAGES: dict[str, Words] = {"en": ENGLISH, "zh": CHINESE}
