"""Why a run ends without an answer."""


class CannotDetect(Exception):
    """There is nothing here that detectors could work on; the sentence is for people."""


class CannotEmbed(CannotDetect):
    """The embedder that was asked for is not to be had, or does not work; the sentence is for people."""
