#!/bin/sh
# Makes every WAV named in lines.json, and a tone: 16 kHz, mono, signed 16-bit little-endian PCM.
#
# Synthesiser: espeak-ng 1.51 (GPL-3.0-or-later; its speech output is not covered by that licence).
# Converter: SoX; python3 reads the manifest. All of them only make these files; nothing here is needed to build, run or test.
# The texts are this project's own; the WAVs carry the licence of the project.
#
#   apt-get install espeak-ng sox python3 && infra/simulators/assets/make.sh
set -eu
cd "$(dirname "$0")"
raw=$(mktemp --suffix=.wav)
trap 'rm -f "$raw"' EXIT

python3 -c '
import json
for line in json.load(open("lines.json", encoding="utf-8")):
    print(line["role"], line["language"], line["file"], line["text"], sep="\t")
' | while IFS="$(printf '\t')" read -r role language file text; do
    case "$role" in
        callee) voice="$language+m3" speed=170 ;;
        *) voice="$language+f2" speed=190 ;;
    esac
    espeak-ng -v "$voice" -s "$speed" -w "$raw" -- "$text"
    # -D, -R: no dither and a fixed seed; what still differs between runs is the synthesiser's own jitter.
    # The silence around the speech is cut; 20 ms is left so that no line starts with a click.
    sox -D -R "$raw" -b 16 -e signed-integer -c 1 "$file" gain -n -3 rate -h 16000 \
        silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse pad 0.02 0.02
done

# The tone of who waits: soft, with no click at its ends.
sox -D -R -n -r 16000 -b 16 -e signed-integer -c 1 ../../../relay/assets/tone.wav synth 0.3 sine 440 vol 0.1 fade t 0.05 0.3 0.05
