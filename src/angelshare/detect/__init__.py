"""Room detect: who draws it off, by the traffic of an API."""
