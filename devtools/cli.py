"""The commands of `./dev`."""

import argparse
import signal
import sys

from .process import Problem, end_all

HELP = """\
./dev run        a dealership's Odoo, in Russian, with the chats of two stand-in marketplaces; Ctrl+C ends it
                   --port N             Odoo's port (8069)
                   --simulator-port N   of the stand-ins' control; theirs are the next two (9100)
                   --fresh              forget the data and begin anew
                   --quiet-demo         no buyer writes by himself
./dev test       lint and all tests
./dev test PATH  only these tests, without lint; pytest's options pass through: -k WORD, -x, PATH::TEST
./dev chaos      20,000 messages and 2,000 replies while servers are killed and the marketplaces fail: is one lost?
                   --messages N --replies N --conversations N --seed N
                   --write-report       the figures go into docs/reliability.md
./dev bench      how fast it is: in a browser, while people work (live), with many messages (growing)
                   browser, live …      only this part
                   --quick              fewer repetitions, for a look
                   --minutes N          of switching, to see whether memory grows (30; quick: 1)
                   --write-report       the figures go into docs/performance.md
./dev lint       ruff, pylint-odoo, ESLint, Prettier, XML, translations
                   --fix                let ruff, ESLint and Prettier mend what they can
./dev translations   bring i18n/ up to date with the addon's texts, and list what has no Russian yet
./dev shell      Odoo's Python shell on the demo's database
./dev psql       SQL on the demo's database
./dev update     upgrade the addon in the demo, which may be running
./dev simulator  the stand-in marketplaces alone; --help lists the options
./dev help       this list

Each sets up what it needs the first time: Odoo 19, PostgreSQL, Python packages, Chromium. All lies in .dev/.

DEV_CACHE   another folder in place of .dev/
ODOO_PATH   your own checkout of Odoo 19.0, in place of Debian's package
PGHOST, PGPORT, PGUSER, PGPASSWORD   your own PostgreSQL server; PGDATABASE names the demo's database
PG_BIN      the folder with the programs of the PostgreSQL to start, in place of the packaged one
"""


def run(arguments):
    from . import demo

    parser = argparse.ArgumentParser(prog="./dev run")
    parser.add_argument("--port", type=port, default=8069, help="of Odoo (default: 8069)")
    parser.add_argument(
        "--simulator-port",
        type=port,
        default=9100,
        help="of the stand-ins' control; the next two are the marketplaces' (default: 9100)",
    )
    parser.add_argument("--fresh", action="store_true", help="forget the demo's data and begin anew")
    parser.add_argument("--quiet-demo", action="store_true", help="let no buyer write by himself")
    options = parser.parse_args(arguments)
    return demo.run(options.port, options.simulator_port, fresh=options.fresh, live=not options.quiet_demo)


def test(arguments):
    from . import testing

    return testing.run(arguments)


def chaos(arguments):
    from . import chaos

    return chaos.run(arguments)


def bench(arguments):
    from . import bench

    return bench.run(arguments)


def lint(arguments):
    from . import lint

    parser = argparse.ArgumentParser(prog="./dev lint")
    parser.add_argument("--fix", action="store_true", help="mend what can be mended by itself")
    return lint.run(fix=parser.parse_args(arguments).fix)


def translations(arguments):
    from . import translations

    no_arguments("translations", arguments)
    return translations.run()


def shell(arguments):
    from . import demo

    no_arguments("shell", arguments)
    return demo.shell()


def psql(arguments):
    from . import demo

    return demo.psql(arguments)


def update(arguments):
    from . import demo

    no_arguments("update", arguments)
    return demo.update()


def simulator(arguments):
    from . import demo

    return demo.simulator(arguments)


def help_(arguments):
    no_arguments("help", arguments)
    print(HELP, end="")


def port(text):
    number = int(text)
    if not 1 <= number <= 65533:  # two more follow the simulator's
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65533")
    return number


def no_arguments(command, arguments):
    if arguments:
        raise Problem(f"`./dev {command}` takes no arguments")


COMMANDS = {
    "run": run,
    "test": test,
    "chaos": chaos,
    "bench": bench,
    "lint": lint,
    "translations": translations,
    "shell": shell,
    "psql": psql,
    "update": update,
    "simulator": simulator,
    "help": help_,
    "--help": help_,
    "-h": help_,
}


INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt(*_):
    """End what runs; what asks for it again must not disturb that."""
    for number in INTERRUPTS:
        signal.signal(number, lambda *_: None)
    raise KeyboardInterrupt


def main(arguments):
    """Run a command and return the exit code of `./dev`."""
    for number in INTERRUPTS:
        signal.signal(number, interrupt)
    command, *rest = arguments or ["help"]
    if command not in COMMANDS:
        print(f"dev: there is no command `{command}`; `./dev help` lists them", file=sys.stderr)
        return 2
    try:
        return COMMANDS[command](rest) or 0
    except Problem as problem:
        print(f"dev: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        end_all()
