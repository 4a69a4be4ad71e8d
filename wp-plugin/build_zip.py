"""Build the plugin's zip from an allow-list; the same files give the same bytes.

python wp-plugin/build_zip.py [OUTPUT]      default: build/escalation-bridge.zip; prints its path
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLUGIN = HERE / "escalation-bridge"
DEFAULT_OUTPUT = HERE.parent / "build" / "escalation-bridge.zip"
ALLOWED = (
    "*.php",
    "readme.txt",
    "includes/**/*.php",
    "assets/*.php",
    "assets/*.js",
    "assets/*.css",
    "languages/*.php",
    "languages/*.pot",
    "languages/*.po",
    "languages/*.mo",
)
EPOCH = (2020, 1, 1, 0, 0, 0)  # a fixed time: a zip of the same files must not differ
FILE_MODE = 0o644 << 16


def files() -> list[Path]:
    """What belongs in the zip, in a stable order."""
    found = {path for pattern in ALLOWED for path in PLUGIN.glob(pattern) if path.is_file()}
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(PLUGIN).parts))


def build(output: Path) -> Path:
    """Write the zip: one folder, named like the plugin's slug."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files():
            name = f"{PLUGIN.name}/{path.relative_to(PLUGIN).as_posix()}"
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = FILE_MODE
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
    return output


def main(arguments: list[str]) -> int:
    """Build and print the path."""
    output = Path(arguments[0]) if arguments else DEFAULT_OUTPUT
    sys.stdout.write(f"{build(output)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
