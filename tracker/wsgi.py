import importlib
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")
application = get_wsgi_application()
importlib.import_module(
    settings.ROOT_URLCONF
)  # once before the workers fork, not in each at its first request
