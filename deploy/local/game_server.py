"""`python -m deploy.local.game_server`: the game-server stand-in as a process (PORT, GAME_SERVER_SECRET)."""

import contextlib
import os
import signal
import sys

from deploy.local.game.server import GameServer


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    game = GameServer(os.environ["GAME_SERVER_SECRET"], int(os.environ.get("PORT", "0")))
    print(f"game server at {game.url}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        game.serve()


if __name__ == "__main__":
    main()
