"""The configuration: every key with its type, range, default and meaning, and nowhere else; a file a section.

`config/config.yaml` and `workflow/schemas/config.schema.json` are written from it by `make config`; a test fails
when they drift. Nothing is imported here, so that a module that uses one section depends on no other.
"""
