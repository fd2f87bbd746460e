"""`python -m labelreview.local`: all of it on this machine (`up`, `demo`), one part, a question to one."""

import argparse
import os
import sys
from signal import SIGTERM

from labelreview.local import commands, folder, places, probes
from labelreview.local.children import CannotStart, follow_parent
from labelreview.local.places import PROJECT
from labelreview.local.supervisor import Supervisor

PEOPLE = ("lead", "annotator", "expert")


def main() -> int:
    arguments = _parse()
    if arguments.what in commands.COMMANDS:
        return _become(arguments.what)
    if arguments.what in probes.QUESTIONS:
        return 0 if probes.QUESTIONS[arguments.what]() else 1
    if arguments.with_parent:
        follow_parent(os.getppid(), SIGTERM)
    return _supervise(arguments)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m labelreview.local", description=__doc__)
    parser.add_argument("what", choices=["up", "demo", *commands.COMMANDS, *probes.QUESTIONS])
    parser.add_argument("--quiet", action="store_true", help="say nothing unless it goes wrong")
    parser.add_argument("--no-web", action="store_true", help="no web server and no scheduler")
    parser.add_argument("--with-parent", action="store_true", help="stop when the parent process ends")
    return parser.parse_args()


def _become(part: str) -> int:
    """Turn this process into the part, as a container's first process should be."""
    os.environ.update(commands.environment(part))
    command = commands.COMMANDS[part]()
    os.chdir(PROJECT)
    os.execv(command[0], command)  # noqa: S606


def _supervise(arguments: argparse.Namespace) -> int:
    supervisor = Supervisor(
        places=places.from_environment(),
        with_web=not arguments.no_web,
        say=(lambda line: None) if arguments.quiet else _say,
    )
    try:
        supervisor.run(once_ready=_load_demo if arguments.what == "demo" else _greet)
    except CannotStart as problem:
        _say(str(problem))
        return 1
    return 0


def _load_demo(supervisor: Supervisor) -> None:
    password = folder.demo_password(supervisor.places)
    for command in ("demo_users", "demo"):
        supervisor.run_once([sys.executable, "manage.py", command], {"DEMO_PASSWORD": password})
    supervisor.say(f"\nLabelReview runs at {probes.address()}\n")
    for name in PEOPLE:
        supervisor.say(f"  {name:<10} password {password}")
    supervisor.say("\nCtrl-C stops everything; the next `make demo` finds it as you left it.")


def _greet(supervisor: Supervisor) -> None:
    supervisor.say(f"\nLabelReview runs at {probes.address()}\n")
    supervisor.say("A first user:  .venv/bin/python manage.py adduser NAME --may-create-datasets")
    supervisor.say("\nCtrl-C stops everything; the next `make up` finds it as you left it.")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
