"""Where we differ from allauth: only local redirects, a locked store for TOTP secrets, an audit trail."""

from __future__ import annotations

import base64
import hashlib

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.http import url_has_allowed_host_and_scheme

from angelshare.core.errors import PlanError


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """How accounts behave."""

    def is_safe_url(self, url: str | None) -> bool:
        """Say whether `next=` may be followed: a path of ours only, never another host, however trusted."""
        return bool(url) and str(url).startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth carries no types
    """How second factors are kept: encrypted under the server's secret, so that a stolen database opens nothing."""

    def encrypt(self, text: str) -> str:
        """Encrypt a TOTP secret or the seed of recovery codes."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt it; raises PlanError when the secret has changed since."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise PlanError(
                "a second factor cannot be decrypted: the server's secret has changed; "
                "give the earlier one in ANGELSHARE_OLD_KEYS, or have the account's second factor set up anew"
            ) from None


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"angelshare second factor:" + key.encode()).digest()))
            for key in keys
        ]
    )
