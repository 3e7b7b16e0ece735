"""What the database keeps: pages and their revisions, people, what they save and watch, what is to be delivered."""

from angelshare.workbench.models.alerts import Message, Notice, Watch
from angelshare.workbench.models.finding import IndexedClaim, IndexedPage
from angelshare.workbench.models.pages import Page, Proposal, Revision, RevisionChange, Run
from angelshare.workbench.models.people import AuditEntry, CacheRow, Collection, CollectionItem, Token, User

__all__ = [
    "AuditEntry",
    "CacheRow",
    "Collection",
    "CollectionItem",
    "IndexedClaim",
    "IndexedPage",
    "Message",
    "Notice",
    "Page",
    "Proposal",
    "Revision",
    "RevisionChange",
    "Run",
    "Token",
    "User",
    "Watch",
]
