"""What the demo does unless told otherwise. Imports next to nothing: the command starts fast."""

from pathlib import Path
from typing import Final

SEED: Final = 7
PAIRS: Final = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT")
DAYS: Final = 60
MINUTES: Final = 5.0
PLAN: Final = "professional"
USERDIR: Final = Path("vectra_demo_user_data")
