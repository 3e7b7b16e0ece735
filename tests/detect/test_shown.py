from __future__ import annotations

import dataclasses

from angelshare.core.strict import encode
from angelshare.detect.shown import without_accounts
from report.detect_sample import report


def test_no_account_is_named_in_what_may_be_published():
    made = report()
    told = dataclasses.replace(made.campaigns[0], sentence="c1-acct-1 and c1-acct-11 share a card.")
    made = dataclasses.replace(made, campaigns=[told, *made.campaigns[1:]])
    ids = {
        member.account
        for cases in (made.campaigns, made.look_alikes, made.insufficient)
        for case in cases
        for member in case.members
    }
    text = encode(without_accounts(made)).decode()

    assert len(ids) == 55
    assert [account for account in ids if account in text] == []
    assert without_accounts(made).campaigns[0].sentence == "member 2 and member 12 share a card."
    assert [len(case.members) for case in without_accounts(made).campaigns] == [12, 30]
