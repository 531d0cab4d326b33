"""`python -m marketplace_simulator`: runs in the foreground until SIGINT or SIGTERM."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path

from .settings import Settings
from .simulator import Simulator


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="marketplace_simulator", description="Stand-ins for Avito and Auto.ru."
    )
    parser.add_argument("--avito-port", type=_port, default=9101, help="port of Avito's API, 0 = a free one")
    parser.add_argument(
        "--autoru-port", type=_port, default=9102, help="port of Auto.ru's API, 0 = a free one"
    )
    parser.add_argument(
        "--control-port", type=_port, default=9100, help="port of the control API, 0 = a free one"
    )
    parser.add_argument(
        "--profile",
        choices=("live", "spec"),
        default="live",
        help="Avito as observed, or by the letter of its OpenAPI",
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same demo")
    parser.add_argument("--live", action="store_true", help="buyers keep writing")
    parser.add_argument("--state", type=Path, help="file to keep the chats in over a restart")
    parser.add_argument("--quiet", action="store_true", help="say nothing but the addresses")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> int:
    simulator = Simulator(Settings(profile=arguments.profile, live=arguments.live), arguments.seed)
    if arguments.state:
        simulator.keep(arguments.state)
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    ports = {
        "avito": arguments.avito_port,
        "autoru": arguments.autoru_port,
        "control": arguments.control_port,
    }
    try:
        await simulator.start(ports)
    except OSError as error:
        await simulator.stop()
        print(
            f"Port {getattr(error, 'port', '?')} on 127.0.0.1 cannot be used: {os.strerror(error.errno)}.",
            file=sys.stderr,
        )
        return 1
    print(json.dumps(simulator.urls), flush=True)
    await stopping.wait()
    await simulator.stop()
    return 0


def main() -> None:
    arguments = _arguments()
    level = logging.ERROR if arguments.quiet else logging.INFO
    logging.basicConfig(level=level, format="%(asctime)s %(message)s", stream=sys.stderr)
    sys.exit(asyncio.run(_serve(arguments)))


if __name__ == "__main__":
    main()
