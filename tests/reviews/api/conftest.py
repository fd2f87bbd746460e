"""One dataset with a member of each role, and a client for each of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from reviews.models import Dataset, Flag, Item, Role, SignoffPolicy
from reviews.permissions import Member
from tests import builders

from .contract import Client


@dataclass
class Scene:
    """A dataset of three animals, one flag on the first, and who may see it."""

    dataset: Dataset
    items: list[Item]
    flag: Flag
    members: dict[str, Member]
    clients: dict[str, Client] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Client:
        """The client of a role, of a `stranger` or of `anonymous`."""
        if name not in self.clients:
            self.clients[name] = self.client(name)
        return self.clients[name]

    def client(self, who: str) -> Client:
        if who == "anonymous":
            return Client.of()
        return Client.of(builders.user() if who == "stranger" else self.members[who].user)

    @property
    def at(self) -> str:
        return f"/api/datasets/{self.dataset.pk}"

    @property
    def flag_at(self) -> str:
        return f"/api/flags/{self.flag.pk}"

    def decide(self, who: str = "annotator", action: str = "correct", **more: Any) -> Any:
        self.flag.refresh_from_db()
        body = {"action": action, "seen_version": self.flag.version, **more}
        return getattr(self, who).post(f"{self.flag_at}/decide/", body)


@pytest.fixture
def make_scene(db: None) -> Callable[..., Scene]:
    def make(policy: str = SignoffPolicy.NONE, **more: Any) -> Scene:
        dataset = builders.dataset(policy=policy, **more)
        items = builders.items(dataset, "cat", "dog", "owl")
        members = {role.value: builders.member(dataset, role) for role in Role}
        return Scene(dataset=dataset, items=items, flag=builders.flag(items[0]), members=members)

    return make


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene()
