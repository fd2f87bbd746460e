"""How label errors are found: one file per method, pure functions from arrays to scores.

Nothing here knows of Django, files or clocks; randomness comes from the seed in the inputs alone.
"""
