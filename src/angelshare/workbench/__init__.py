"""The workbench: dossiers that people read, save, compare and get alerts on. A Django project of one app."""
