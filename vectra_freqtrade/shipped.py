"""Where the shipped strategies lie; `init` and the demo copy them into a user_data folder."""

from pathlib import Path


def shipped_strategies_dir() -> Path:
    """Inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parent
    inside = package / "strategies"
    return inside if inside.is_dir() else package.parent / "user_data" / "strategies"


def shipped_strategies() -> list[Path]:
    """Their files, sorted by name; each is named for its class."""
    return sorted(shipped_strategies_dir().glob("*.py"))
