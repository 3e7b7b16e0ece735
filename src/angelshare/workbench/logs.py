"""What must never stand in a log line, taken out of every one."""

from __future__ import annotations

import logging
import re

SECRET = re.compile(
    r"""(?ix)
      angelshare_[\w-]{20,}                                                  # a personal API token
    | (?<=bearer\s)[^\s'",;]+
    | (?<=basic\s)[a-z0-9+/=]{8,}
    | (?<=://)[^/\s:@]*:[^/\s@]+(?=@)                                        # user:password of a URL
    | \b(?:csrftoken|csrfmiddlewaretoken|sessionid|password\d?|key|secret|token)=[^&\s;'"]+
    | (?<=/confirm-email/)[^/\s]+                                            # signed links of allauth
    | (?<=/reset/key/)[^/\s]+
    | (?<=/shared/)[\w-]{20,}
    | (?<=/feeds/watch/)[\w-]+
    | (?<=/feeds/watches/)\d+/[\w-]+
    | (?<=/services/)[\w/-]{20,}                                            # webhooks of Slack and its like
    | (?<=/webhooks/)[\w/-]{20,}
    """
)
HIDDEN = "[hidden]"
FAULT = 500
"""HTTP statuses from here on are faults of ours."""


def without_secrets(text: str) -> str:
    """Put `[hidden]` where a token, a password, a session or a signed link stood."""
    return SECRET.sub(HIDDEN, text)


class NoSecrets(logging.Filter):
    """Clean each record's message before a handler sees it, its traceback included.

    A request that was refused (403, 404) is one line: its traceback would bury those of faults.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean a record in place; it is always kept."""
        record.msg = without_secrets(record.getMessage())
        record.args = None
        if getattr(record, "status_code", FAULT) < FAULT:
            record.exc_info = record.exc_text = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = without_secrets(record.exc_text)
        return True
