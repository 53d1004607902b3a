"""Plays one call in a running system (`outbound-call up`) that tells rotel, a collector, of it, and judges what
rotel hands on. Prints the trace as a tree."""

import gzip
import http.server
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import rotel
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

ROOT = pathlib.Path(__file__).resolve().parent.parent
AGENT = pathlib.Path(rotel.__file__).parent / "rotel-agent"

# Longest waits, in seconds: for a program to listen, for the call to end, for what was told to arrive.
READY_MAX, CALL_MAX, TOLD_MAX = 60, 120, 20

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PATIENT = {
    "id": "patient_123",
    "name": "राहुल शर्मा",
    "phoneNumber": "+911234567890",
    "treatmentType": "heart surgery consultation",
    "crmData": {"doctor": "Dr. Smith"},
}

spans, bodies, webhooks, programs = [], [], [], []


class Receiver(http.server.BaseHTTPRequestHandler):
    """What comes after the collector, and the CRM."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/v1/traces":
            take(gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body)
            answer = ExportTraceServiceResponse().SerializeToString()
        else:
            webhooks.append((self.headers["traceparent"], json.loads(body)))
            answer = b""
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def take(body):
    bodies.append(body)
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"]
        spans.extend((service, span) for scope in resource.scope_spans for span in scope.spans)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def start(folder, name, command, **environment):
    log = folder / f"{name}.log"
    with open(log, "wb") as out:
        programs.append(
            subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, env=environment, start_new_session=True
            )
        )
    return log


def until(what, seconds, look):
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise SystemExit(f"FAILED {what}, after {seconds} s")
        time.sleep(0.1)
    return found


def listens(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def ask(url, body=None, **headers):
    headers |= {"x-api-key": "local-key", "content-type": "application/json"}
    request = urllib.request.Request(url, body and json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request, timeout=30))


def api_of(log):
    lines = log.read_text().splitlines()
    return next((line.split()[1] for line in lines if line.startswith("API ")), None)


def play(folder):
    """Places a call and follows it until its outcome was told; its record."""
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    beyond = f"http://127.0.0.1:{receiver.server_port}"
    port, grpc = free_port(), free_port()
    start(
        folder,
        "rotel",
        [AGENT, "start", "--pid-file", folder / "pid", "--exporter", "otlp"]
        + ["--otlp-http-endpoint", f"127.0.0.1:{port}", "--otlp-grpc-endpoint", f"127.0.0.1:{grpc}"]
        + ["--otlp-exporter-endpoint", beyond, "--otlp-exporter-protocol", "http"],
    )
    until("the collector does not listen", READY_MAX, lambda: listens(port))
    log = start(
        folder,
        "system",
        [ROOT / "target/debug/outbound-call", "up", "--api", "127.0.0.1:0", "--relay", "127.0.0.1:0"],
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}",
    )
    api = until("the system does not listen", READY_MAX, lambda: api_of(log))
    asked = {"patientData": PATIENT, "callbackUrl": f"{beyond}/outcomes?key=hush"}
    call = ask(f"{api}/api/outbound-call", asked, traceparent=f"00-{TRACE}-{CALLER}-01")
    url = f"{api}/api/outbound-call/{call['sessionId']}"
    ended = lambda: any(event["type"] == "call.completed" for _, event in webhooks)
    until("the call does not complete", CALL_MAX, ended)
    record = ask(url)
    programs[-1].send_signal(signal.SIGTERM)
    programs[-1].wait(30)
    until("the last span does not arrive", TOLD_MAX, lambda: "POST callback" in names())
    return record


def names():
    return [span.name for _, span in spans]


def check(what, holds):
    if not holds:
        print(tree())
        raise SystemExit(f"FAILED {what}")
    print(f"ok {what}")


def judge(record):
    ids = {span.span_id.hex() for _, span in spans}
    check("each span came once", len(ids) == len(spans))
    check("all are of the CRM's trace", {span.trace_id.hex() for _, span in spans} == {TRACE})
    roots = [span for _, span in spans if span.parent_span_id.hex() not in ids]
    check(
        "all hang on the trigger, and that on the CRM",
        [(root.name, root.parent_span_id.hex()) for root in roots]
        == [("POST /api/outbound-call", CALLER)],
    )
    once = ["attempt", "dial", "ring", "stream", "agent connect", "call"]
    check("each part of the call is there once", all(names().count(name) == 1 for name in once))
    saved = sum(answer["source"] == "mcp" for answer in record["answers"].values())
    check("each answer is there", names().count("save answer") == saved > 0)
    check("the carrier's reports are there", any("knowlarity" in name for name in names()))
    check("no span ended before it began", all(begin(s) <= s.end_time_unix_nano for _, s in spans))
    check("none failed", all(span.status.code != Status.STATUS_CODE_ERROR for _, span in spans))
    kinds = {span.name: Span.SpanKind.Name(span.kind)[10:] for _, span in spans}
    check(
        "kinds are right",
        (kinds["POST /api/outbound-call"], kinds["dial"], kinds["stream"], kinds["ring"])
        == ("SERVER", "CLIENT", "SERVER", "INTERNAL"),
    )
    check("both services told", {service for service, _ in spans} == {"functions", "relay"})
    posts = {span.span_id.hex() for _, span in spans if span.name == "POST callback"}
    told = {parent.split("-")[2] for parent, _ in webhooks}
    check("the CRM was told its place in the trace", told == posts)
    sent = b"".join(bodies).decode(errors="replace")
    private = list(texts([PATIENT, record["transcript"]])) + ["hush"]
    check("nothing of the patient was told", not any(text in sent for text in private))


def begin(span):
    return span.start_time_unix_nano


def texts(value):
    """Every text of a value that is long enough to be somebody's."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str) and len(value) > 5:
        yield value


def tree(parent=CALLER, depth=0):
    """The trace below a span, with the second at which each began, and how long it took."""
    first = min(begin(span) for _, span in spans)
    lines = []
    for service, span in sorted(spans, key=lambda told: begin(told[1])):
        if span.parent_span_id.hex() == parent:
            began, took = (begin(span) - first) / 1e9, (span.end_time_unix_nano - begin(span)) / 1e9
            name = "  " * depth + span.name
            lines.append(f"{began:7.2f} s {took:7.2f} s  {name:<44} {service:<9} {words(span)}".rstrip())
            lines.append(tree(span.span_id.hex(), depth + 1))
    return "\n".join(line for line in lines if line)


def words(span):
    """What a span says beside whose it is."""
    own = {a.key: a.value.string_value or a.value.int_value for a in span.attributes}
    shown = ("outcome", "ring_end", "stream_end", "cause", "event", "answer_source", "status_code")
    return " ".join(str(value) for key, value in own.items() if key.split(".")[-1] in shown)


def stop():
    for process in programs:
        process.kill()
        process.wait()


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="traces-"))
    try:
        judge(play(folder))
        print(tree())
    except BaseException:
        for log in folder.glob("*.log"):
            print(f"-- {log.name}\n{log.read_text()[-3000:]}", file=sys.stderr)
        raise
    finally:
        stop()
        shutil.rmtree(folder)


main()
