"""Puts the game server together and listens on PORT."""

import os
import signal
import threading

from functions.player import player_functions
from functions.player_store import PlayerStore
from functions.season import season_functions
from functions.server import server_functions
from serve_functions import FunctionServer


def main() -> None:
    host = os.environ.get("HOST", "127.0.0.1")
    port = int(os.environ.get("PORT", "8000"))
    players = PlayerStore()
    functions = [*player_functions(players), *server_functions(players), *season_functions(players)]
    with FunctionServer((host, port), functions) as server:

        def stop(_number: int, _frame: object) -> None:
            # shutdown() waits for the loop that this handler interrupts.
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        print(f"serving functions on http://{host}:{port}", flush=True)
        server.serve_forever(poll_interval=0.05)
    # Leaving the block has waited for the calls under way.


if __name__ == "__main__":
    main()
