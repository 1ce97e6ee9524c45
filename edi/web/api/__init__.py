"""The interface for programs: hand over documents, ask what became of them, be told when something changes.

`routes.routes(context)` gives its paths, `serving.serving(context)` serves them beside the daemon.
"""
