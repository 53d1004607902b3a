"""Goes through the commands of the operations guide against a system on this machine."""

import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target/debug/outbound-call"
FOLDER = ROOT / "target/operations"
API, RELAY, CARRIER, AGENT, DATABASE = (f"127.0.0.1:39{n}" for n in ("10", "11", "12", "13", "14"))
KEY = "an-operators-key"
HOOK = "a-secret-of-the-carriers-webhook"


def fail(text):
    sys.exit(f"operations: {text}")


def environment():
    """What functions and relay get, and nothing of whoever runs this."""
    key = hashlib.sha256(KEY.encode()).hexdigest()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "XDG_CONFIG_HOME": str(FOLDER / "config"),
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://{DATABASE}", "AWS_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "TABLE_CREATE": "true",
        "API_KEYS": f"operator:admin:{key}", "TOKEN_SECRET": "a-secret-of-at-least-32-characters",
        "KNOWLARITY_API_URL": f"http://{CARRIER}", "KNOWLARITY_API_KEY": "sim-sr-key",
        "KNOWLARITY_CALLER_ID": "+911234567800", "KNOWLARITY_WEBHOOK_SECRET": HOOK,
        "SERVER_WEBSOCKET_URL": f"ws://{RELAY}/knowlarity-stream",
        "ELEVENLABS_API_URL": f"http://{AGENT}", "ELEVENLABS_API_KEY": "sim-key",
        "ELEVENLABS_WEBHOOK_SECRET": "wsec_operations",
    }


def lines():
    """The guide's commands, in order."""
    text = (ROOT / "infra/aws/OPERATIONS.md").read_text()
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.S | re.M)
    typed = [line.strip() for block in blocks for line in block.splitlines()]
    return [line.removeprefix("cargo run -- ") for line in typed if line.startswith("cargo run -- ")]


def run(words, env, typed=None):
    done = subprocess.run([PROGRAM, *words], env=env, input=typed, text=True, capture_output=True, timeout=120, cwd=FOLDER)
    return done.returncode, done.stdout, done.stderr


def start(name, words, env, ready):
    log = open(FOLDER / f"{name}.log", "w")
    process = subprocess.Popen(words, env=env, stdout=log, stderr=subprocess.STDOUT, cwd=FOLDER)
    for _ in range(200):
        if ready in (FOLDER / f"{name}.log").read_text():
            return process
        time.sleep(0.1)
    process.kill()
    fail(f"{name} does not start: {(FOLDER / f'{name}.log').read_text()[-2000:]}")


def system(env, processes):
    """Vendors and database as others run them, and the system between them."""
    binaries = ROOT / "target/debug"
    processes.append(start("database", [PROGRAM, "db", "--listen", DATABASE], env, "Ctrl-C stops it"))
    carrier = [binaries / "knowlarity-sim", "--listen", CARRIER, "--ring", "1s",
               "--webhook-url", f"http://{API}/api/knowlarity/webhook/{HOOK}"]
    processes.append(start("carrier", carrier, env, "listens on"))
    agent = [binaries / "elevenlabs-sim", "--listen", AGENT, "--mcp-url", f"http://{API}/mcp",
             "--post-call-url", f"http://{API}/api/elevenlabs/webhook", "--post-call-secret", "wsec_operations"]
    processes.append(start("agent", agent, env, "listens on"))
    code, told, said = run(["agent-config", "--url", f"http://{API}", "--apply"], env)
    if code:
        fail(f"the agent cannot be set up: {said}")
    env["ELEVENLABS_AGENT_ID"] = re.search(r"ELEVENLABS_AGENT_ID=(\S+)", told).group(1)
    up = [PROGRAM, "up", "--api", API, "--relay", RELAY, "--fast-retries"]
    processes.append(start("up", up, env, "Ctrl-C stops it"))


def made_ready(env):
    """Patients and a call that the guide's commands speak of; the call's id."""
    key = env | {"CLIENT_API_KEY": KEY, "CLIENT_API_URL": f"http://{API}"}
    ids = []
    for number, patient in (("+911234560004", "patient_123"), ("+911234560004", "patient_124")):
        code, told, said = run(["call", "--to", number, "--name", "x", "--id", patient, "--json"], key)
        if code:
            fail(f"a call could not be placed: {said}")
        ids.append(json.loads(told)["sessionId"])
        run(["status", ids[-1], "--watch"], key)
    return ids[1]


def tried(line, call, env):
    line = line.replace("https://api.example.org", f"http://{API}")
    line = re.sub(r"\bID\b", call, line)
    line = re.sub(r"\bDAY\b", date.today().isoformat(), line)
    words = shlex.split(line)
    return run(words, env, KEY + "\n" if words[0] == "login" else None)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    env, processes = environment(), []
    try:
        system(env, processes)
        call = made_ready(env)
        guide = lines()
        if len(guide) < 20:
            fail(f"only {len(guide)} commands were found in the guide")
        for line in guide:
            began = time.monotonic()
            code, told, said = tried(line, call, env)
            # A call that was refused by its patient has failed, and its status says so.
            expected = 1 if line == "status ID" else 0
            if code != expected:
                fail(f"`{line}` ended with {code}: {told}{said}")
            if KEY in told + said:
                fail(f"`{line}` shows the key")
            print(f"{time.monotonic() - began:6.1f} s  {line}")
        if not (FOLDER / "complaint.xlsx").exists() or not (FOLDER / "calls.csv").exists():
            fail("a file is not written")
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGINT)
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
    print("the guide's commands do as it says")


if __name__ == "__main__":
    main()
