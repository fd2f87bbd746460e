"""How well and how fast label errors are found, beside cleanlab; see `bench/detection.py`."""
