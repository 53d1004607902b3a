#!/bin/sh
# Draws first_call.svg, the picture in the README: `cargo run` as it appears on a terminal, at its own
# pace. Needs python3; the call itself is run, so the picture shows what really happened.
#
#   infra/local/first_call.sh
set -eu
cd "$(dirname "$0")/../.."

cargo run --locked | python3 -c '
import html, re, sys

LINE_PX, CHAR_PX, MARGIN_PX, HOLD_S = 20, 8.4, 16, 8
COLOURS = {"agent": "#7fb4ff", "patient": "#ffd479", "saved": "#8fdc8f"}

lines, now = [], 0.0
for line in sys.stdin.read().rstrip().split("\n"):
    timed = re.match(r" *([0-9.]+) s  ", line)
    if timed and "…  " in line:
        continue  # The clock that fills the pauses.
    now = float(timed.group(1)) if timed else now
    lines.append((now, line))

whole = now + HOLD_S
width = int(max(len(line) for _, line in lines) * CHAR_PX) + 2 * MARGIN_PX
height = len(lines) * LINE_PX + 2 * MARGIN_PX
print(f"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">")
print("<title>One whole call, as cargo run shows it</title>")
print("<style>text{font:14px monospace;fill:#d8dee9;white-space:pre}" +
      "".join(f".{who}{{fill:{colour}}}" for who, colour in COLOURS.items()) + "</style>")
print(f"<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#1b2028\"/>")
for row, (at, line) in enumerate(lines):
    who = re.match(" *[0-9.]+ s    ([a-z]+) ", line)
    colour = f" class=\"{who.group(1)}\"" if who else ""
    y = MARGIN_PX + (row + 0.75) * LINE_PX
    appears = f"<animate attributeName=\"opacity\" dur=\"{whole:.1f}s\" repeatCount=\"indefinite\" calcMode=\"discrete\" values=\"0;1\" keyTimes=\"0;{at / whole:.4f}\"/>"
    print(f"<text x=\"{MARGIN_PX}\" y=\"{y:.0f}\"{colour} xml:space=\"preserve\">{html.escape(line)}{appears if at else str()}</text>")
print("</svg>")
' > target/first_call.svg
mv target/first_call.svg infra/local/first_call.svg
