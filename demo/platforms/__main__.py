"""`python -m demo.platforms --port 8200 --hub http://127.0.0.1:8100 --journal FILE`: both platforms in one process.

The secrets agreed on with the hub are the hub's own settings: SANTAI_12345_SECRET, SANTAI_12345_APP_KEY,
SANTAI_WEB_SECRET.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import uvicorn

from demo.platforms.app import create_app
from demo.platforms.journal import Journal
from demo.platforms.signing import Credentials


def main() -> int:
    """Serve until told to end. Exit 2 when a setting is missing."""
    options = argparse.ArgumentParser(prog="python -m demo.platforms", description="演示用 12345 热线与公共法律服务网")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--hub", required=True, help="中枢地址，如 http://127.0.0.1:8100")
    options.add_argument("--journal", type=Path, required=True, help="收到的调用逐条落盘的文件")
    chosen = options.parse_args()
    missing = [name for name in ("SANTAI_12345_SECRET", "SANTAI_WEB_SECRET") if not os.environ.get(name)]
    if missing:
        print(f"缺少设置 {'、'.join(missing)}", file=sys.stderr)
        return 2
    credentials = {
        "12345": Credentials(
            "12345", os.environ["SANTAI_12345_SECRET"], os.environ.get("SANTAI_12345_APP_KEY") or "santai"
        ),
        "web": Credentials("web", os.environ["SANTAI_WEB_SECRET"]),
    }
    app = create_app(chosen.hub, credentials, Journal(chosen.journal))
    # Told to break off answers, the server would report each as an error of its own.
    uvicorn.run(app, host="127.0.0.1", port=chosen.port, log_level="critical", timeout_graceful_shutdown=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
