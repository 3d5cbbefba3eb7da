"""What the default policy says for people, in Chinese: measures, names of measures, texts of dunning stages.

A policy is written in one language, and decisions carry its texts as they stand there. So what is looked up is the text
itself: one that the default policy has is said in the reader's language, whichever policy holds it now, and one that
somebody wrote for themselves is shown as they wrote it. No policy, and no id of one, changes by this.
"""

from __future__ import annotations

_CHINESE = {
    "friendly reminder": "友好提醒",
    "reminder with a statement of the account": "附对账单的催款函",
    "call; record a promise to pay": "电话催收，记录付款承诺",
    "last demand, with the date from which it goes to an agency": "最后催告，注明转委外催收的日期",
    "hand over to a lawyer or an agency": "移交律师或催收机构",
    "shorter terms after broken promises": "承诺未兑现后缩短账期",
    "half the limit for grade D in trouble": "D 级账户出现严重预警时额度减半",
    "half the limit after an adverse event": "出现负面事件后额度减半",
    "prepayment when two months late": "逾期两个月改为预付款",
    "suspend before the agency": "委外催收前停用",
    "automatic; look at it at the yearly review": "自动处理，年度复审时查看",
    "automatic; watch the payments": "自动处理，留意付款",
    "sell against prepayment where the customer accepts it": "客户接受时改为预付款销售",
    "automatic; review half-yearly": "自动处理，每半年复审",
    "ask for the latest financial statements": "索取最新财务报表",
    "reduce the limit step by step; ask for cover": "逐步下调额度，要求提供担保",
    "know the customer: visit once a year": "了解客户：每年走访一次",
    "insure, or ask for a guarantee of the parent": "投保，或要求母公司担保",
    "cover before new orders; plan for the open items": "先有担保再接新订单，制定未结项计划",
    "know the customer: visit twice a year": "了解客户：每年走访两次",
    "insure; quarterly figures agreed in writing": "投保，书面约定按季提供财务数据",
    "to the board: cover, reduce or leave": "提交董事会：担保、压缩或退出",
    "watch new orders; ask for the payment plan of open items": "关注新订单，索取未结项付款计划",
    "call the customer; agree on payment before the next delivery": "致电客户，约定下次发货前付款",
    "stop new orders; decide on a temporary limit": "停止新订单，决定是否给予临时额度",
    "remind the customer": "提醒客户付款",
    "call the customer; record a promise to pay": "致电客户，记录付款承诺",
    "last demand; decide on prepayment": "最后催告，决定是否改为预付款",
    "ask why; agree on dates": "询问原因，约定付款日期",
    "review grade and terms": "复审等级和账期",
    "reduce the limit; sell against prepayment": "下调额度，改为预付款销售",
    "ask why payments come later than they did": "询问付款为何比以前晚",
    "talk to the customer's finance department; check the bureau": "联系客户财务部门，查询征信",
    "hold new orders until the reason is known": "查明原因前暂停新订单",
    "review the limit; ask for cover": "复审额度，要求提供担保",
    "sell against prepayment or cover only": "仅凭预付款或担保销售",
    "read the report: what has changed": "阅读报告，查明变化",
    "review the limit": "复审额度",
    "hold new orders; review at once": "暂停新订单，立即复审",
    "ask sales for the reason": "向销售询问原因",
    "check address, contact and bank details; call the customer": "核对地址、联系人和银行账户，致电客户",
    "stop deliveries until somebody has spoken to the customer": "与客户沟通前停止发货",
    "know the customer; look for cover": "了解客户，寻求担保",
    "insure, or limit the growth": "投保，或限制增长",
    "to the board": "提交董事会",
    "call the customer; ask what has happened": "致电客户，了解情况",
    "agree on a repayment plan in writing": "书面约定还款计划",
    "no more promises: prepayment, or the agency": "不再接受承诺：预付款或委外催收",
    "ask for its extension": "要求延期",
    "extend it, or plan for the limit without it": "延期，或按无担保安排额度",
    "no new orders on this cover": "不再凭此担保接新订单",
    "mend and re-drive the dead letter, or dismiss it with a reason": "修正死信并重新发送，或注明理由后忽略",
    "find out which of the two versions holds and send it with a higher revision": (
        "查明以哪个版本为准，并以更高修订号重发"
    ),
    "find out who shipped; bill or fetch back": "查明发货人，开票或追回货物",
    "stop deliveries; secure what is open": "停止发货，保全未结款项",
    "decide whether the accounts belong together": "判断这些账户是否应合并管理",
    "correct the shares of the accounts that name it": "更正引用该担保的各账户份额",
    "review limit, terms and grade": "复审额度、账期和等级",
    "decide, or delegate": "作出决定，或委托他人",
    "have the order system ask before it ships": "让订单系统在发货前先请求检查",
    "tell the account manager and the customer": "通知客户经理和客户",
    "find out what changed; look at the model's latest figures; adopt a newer one or none": (
        "查明变化，查看模型最新指标，采用新模型或停用"
    ),
    "find out where the snapshot came from; the model in force has not changed": "查明快照来源；现行模型未变",
    "compare both models; a second person approves the adoption": "比较两个模型，由第二人批准采用",
    "find out who wrote to the topic control, and stop them": "查明谁写入了 control 主题并制止",
}

POLICY_TEXTS: dict[str, dict[str, str]] = {"en": {text: text for text in _CHINESE}, "zh": _CHINESE}
"""Texts by language and by what the default policy says."""


def policy_text_in_words(text: str, language: str) -> str:
    """Return a text of a policy in a language; one that the default policy does not have as it is.

    >>> policy_text_in_words("to the board", "zh"), policy_text_in_words("ask Kim", "zh")
    ('提交董事会', 'ask Kim')
    """
    return POLICY_TEXTS[language].get(text, text)
