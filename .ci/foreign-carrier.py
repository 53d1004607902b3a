"""The dial API of the carrier for `.ci/foreign-carrier`, and what must be true of the call after it."""

import http.server, json, pathlib, subprocess, sys, threading, time, urllib.request
from urllib.parse import urlsplit

api, dials, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
replies = [f"infra/simulators/assets/callee_{name}_hi.wav" for name in ("haan", "age", "complaint", "city")]
carriers, dialled = [], []


class Dials(http.server.BaseHTTPRequestHandler):
    """Places a call: the phone is picked up at once, and the stream opens."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        dialled.append(body)
        stream = next(node["config"] for node in body["ivr_flow"]["flow"]["nodes"] if node["type"] == "stream")
        url = urlsplit(stream["wss_url"])
        path = url.path + (f"?{url.query}" if url.query else "")
        answer = json.dumps({"success": {"status": "success", "call_id": "foreign-call-1"}}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        command = [folder / "carrier", url.hostname, str(url.port), path, stream["metadata"], *replies]
        carriers.append(subprocess.Popen(command, stdout=subprocess.PIPE))

    def log_message(self, *_):
        pass


def ask(path, body=None):
    request = urllib.request.Request(f"http://{api}{path}", headers={"x-api-key": "local-key"})
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def until(what, wanted, within):
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            found = wanted()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.2)
    sys.exit(f"FAILED {what}: not within {within} s\n{(folder / 'up.log').read_text()[-2000:]}")


host, port = dials.split(":")
server = http.server.ThreadingHTTPServer((host, int(port)), Dials)
threading.Thread(target=server.serve_forever, daemon=True).start()
until("the system", lambda: ask("/health"), 60)
patient = {"id": "p1", "name": "राहुल शर्मा", "phoneNumber": "+911234567891", "treatmentType": "heart surgery"}
session = ask("/api/outbound-call", {"patientData": patient})["sessionId"]
record = lambda: ask(f"/api/outbound-call/{session}")
call = until("the call", lambda: (r := record())["status"] in ("completed", "failed") and r, 180)
(folder / "record.json").write_text(json.dumps(call, ensure_ascii=False, indent=2))
saw = json.loads(carriers[0].communicate(timeout=150)[0])
(folder / "saw.json").write_text(json.dumps(saw, indent=2))

assert call["status"] == "completed", call["status"]
assert len(call["answers"]) >= 3, call["answers"].keys()
assert len(dialled) == 1 and len(carriers) == 1, "dialled again"
assert carriers[0].returncode == 0
assert saw["protocol"] == "audio.drachtio.org", saw
assert "deflate" not in saw["extensions"], saw
assert saw["samples"] > 5 * 16_000 and saw["plays"] > 25, saw
assert saw["replies_left"] == 0 and saw["disconnects"] == 1 and saw["others"] == 0, saw
assert saw["pings"] >= 3 and saw["pongs"] >= saw["pings"] - 1, saw
assert saw["is_over"] == 1 and saw["close"] == 1000, saw
seconds = saw["frames"] / 50
print(f"a call of {seconds:.0f} s with {len(call['answers'])} answers; {saw['samples'] / 16_000:.1f} s of the agent heard")
