"""Addresses of the accounts."""

from __future__ import annotations

from django.urls import URLPattern, path

from angelshare.workbench import views_accounts, views_accounts_staff

urlpatterns: list[URLPattern] = [
    path("account/", views_accounts.account, name="account"),
    path("account/tokens/", views_accounts.tokens, name="tokens"),
    path("account/tokens/<int:token_id>/revoke/", views_accounts.revoke, name="revoke_token"),
    path("account/export/", views_accounts.take_along, name="export_account"),
    path("account/delete/", views_accounts.leave, name="delete_account"),
    path("staff/", views_accounts_staff.staff, name="staff"),
    path("staff/people/<int:user_id>/verify/", views_accounts_staff.verify, name="verify_person"),
    path("staff/people/<int:user_id>/role/", views_accounts_staff.appoint, name="appoint_person"),
    path("staff/log/", views_accounts_staff.log, name="audit_log"),
]
