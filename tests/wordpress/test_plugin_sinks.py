"""S25: what the plugin writes out is escaped, what comes in is cleaned; the finder is shown what it has to find."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "wp-plugin"
FINDER = Path(__file__).resolve().parent / "php" / "sinks.php"
PHP = shutil.which("php")
CODE = sorted(path for path in PLUGINS.rglob("*.php") if "languages" not in path.parts)

pytestmark = pytest.mark.skipif(PHP is None, reason="php is not installed")

WRONG = [
    "echo $name;",
    "echo '<b>' . $name . '</b>';",
    'echo "<b>$name</b>";',
    "echo esc_html( $title ), $name;",
    "echo self::label( 1 );",
    "echo 1 === $n ? $name : '';",
    "echo $row['name'];",
    "printf( '%s', $name );",
    "print( $name );",
    "?><?= $name ?><?php",
    "$a = $_GET['a'];",
    "$a = (int) $_POST['a'];",
    "f( $_REQUEST );",
    "$a = sanitize_text_field( $_COOKIE['a'] );",
    "$a = $_SERVER['HTTP_X'] ?? '';",
    "unserialize( $a );",
    "maybe_unserialize( $a );",
    "extract( $a );",
    "include $a;",
    "$wpdb->query( \"DELETE FROM t WHERE a = '$a'\" );",
    "$wpdb->get_var( $sql );",
    "echo $name; // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped",
]
RIGHT = [
    "echo esc_html( $name ) . ' · ' . esc_attr( f( $a ) );",
    "echo 1 === $n ? '<b>' : esc_html__( 'a', 'b' );",
    "printf( '<a href=\"%s\">%d</a>', esc_url( $a ), absint( $b ) );",
    "echo $name; // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- the theme's own.",
    "$a = sanitize_text_field( wp_unslash( $_GET['a'] ?? '' ) );",
    "if ( isset( $_GET['a'] ) ) { f(); }",
    "$wpdb->query( $wpdb->prepare( 'DELETE FROM t WHERE a = %s', $a ) );",
    "$this->extract( $a ); // not PHP's",
]


def found_in(*files: Path) -> list[str]:
    assert PHP
    done = subprocess.run([PHP, str(FINDER), *map(str, files)], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(("lines", "each"), [(WRONG, 1), (RIGHT, 0)], ids=["wrong", "right"])
def test_the_finder_sees_what_is_wrong_and_nothing_else(tmp_path: Path, lines: list[str], each: int) -> None:
    files = [tmp_path / f"{number:02}.php" for number in range(len(lines))]
    for file, line in zip(files, lines, strict=True):
        file.write_text(f"<?php\n{line}\n", "utf-8")
    found = [line.partition(":")[0] for line in found_in(*files)]
    assert {line: found.count(file.name) for file, line in zip(files, lines, strict=True)} == dict.fromkeys(lines, each)


def test_s25_everything_is_escaped_on_its_way_out_and_cleaned_on_its_way_in() -> None:
    assert len(CODE) > 30
    assert found_in(*CODE) == []
