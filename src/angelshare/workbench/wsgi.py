"""The application, as a WSGI server takes it."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "angelshare.workbench.settings")
os.environ.setdefault("ANGELSHARE_WORKSPACE", "workbench")  # so that every process reads one and the same secret
application = get_wsgi_application()
