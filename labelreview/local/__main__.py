"""`python -m labelreview.local`: all of it on this machine (`up`, `demo`), one part, a question to one."""

import argparse
import os
import sys
from functools import partial
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
    here = places.from_environment()
    supervisor = Supervisor(here, with_web=not arguments.no_web, say=_ignore if arguments.quiet else _say)
    once_ready = _ignore
    try:
        if supervisor.with_web:  # without, it serves one command, and nobody signs in
            folder.make(here)
            password = folder.demo_password(here)
            supervisor.first = [(_manage("demo_users"), {"DEMO_PASSWORD": password})]
            once_ready = partial(_welcome, what=arguments.what, password=password)
        supervisor.run(once_ready=once_ready)
    except CannotStart as problem:
        _say(str(problem))
        return 1
    return 0


def _welcome(supervisor: Supervisor, *, what: str, password: str) -> None:
    """Load the sample data for `demo`, and say where everything is."""
    if what == "demo":
        supervisor.run_once(_manage("demo"))
    supervisor.say(f"\nLabelReview runs at {probes.address()}\n")
    for name in PEOPLE:
        supervisor.say(f"  {name:<10} password {password}")
    supervisor.say(f"\nCtrl-C stops everything; the next `make {what}` finds it as you left it.")


def _manage(command: str) -> list[str]:
    return [sys.executable, "manage.py", command]


def _ignore(_: object) -> None:
    return


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
