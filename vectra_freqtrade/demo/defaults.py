"""What the demo shows where nothing else is asked for."""

from pathlib import Path
from typing import Final

PAIRS: Final = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT")
DAYS: Final = 60
MINUTES: Final = 5.0
PLAN: Final = "professional"
SEED: Final = 7
USERDIR: Final = Path("vectra_demo_user_data")
