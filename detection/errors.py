"""Why a run ends without an answer."""


class CannotDetect(Exception):
    """There is nothing here that detectors could work on; the sentence is for people."""


class CannotEmbed(CannotDetect):
    """The embedder that was asked for is not to be had, or does not work; the sentence is for people."""


class NothingToEmbed(CannotEmbed):
    """The embedder found nothing that it could read."""

    def __init__(self) -> None:
        super().__init__("None of the items has a content that the embedder could read.")
