"""Tools by which a founder's own assistant builds and changes apps, over the Model Context Protocol.

Nothing of the protocol's library is imported before the first request of an assistant.
"""
