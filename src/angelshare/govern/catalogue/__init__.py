"""The catalogue of instruments: read it, check it, see it as of a day, export it."""

from angelshare.govern.catalogue.asof import instrument_status, is_expired, shown_status
from angelshare.govern.catalogue.check import check, require
from angelshare.govern.catalogue.export import FORMATS, export
from angelshare.govern.catalogue.links import LinkGroup, link_list, links_markdown
from angelshare.govern.catalogue.load import assemble, shipped, shipped_files

__all__ = [
    "FORMATS",
    "LinkGroup",
    "assemble",
    "check",
    "export",
    "instrument_status",
    "is_expired",
    "link_list",
    "links_markdown",
    "require",
    "shipped",
    "shipped_files",
    "shown_status",
]
