"""Room core: the nouns (records), the sockets (protocols) and the plug-in loader."""
