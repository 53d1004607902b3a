"""Deploys infra/aws/template.yaml to MiniStack, fills the secrets as infra/aws/README.md says, and
places calls through the HTTP API of the stack."""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile

import boto3
from emulated import BUCKET, ROOT, emulated, load_template

BINARIES = ROOT / "target/debug"
REGION = "ap-south-1"
STACK = "calls"
KEY = "emulated-crm-key"
WEBHOOK_SECRET = "emulated-webhook-secret"

# Longest waits, in seconds: for a program to listen, for an answer, for a state of a call.
READY_MAX, ANSWER_MAX, STATE_MAX = 60, 60, 150

programs = []


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def start(name, command, environment, logs):
    log = logs / f"{name}.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
    programs.append(process)
    return log


def stop():
    for process in programs:
        try:
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
    for process in programs:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def wait_for(what, found, longest):
    give_up = time.monotonic() + longest
    while time.monotonic() < give_up:
        value = found()
        if value:
            return value
        time.sleep(0.3)
    sys.exit(f"FAILED {what}: not within {longest} s")


def url_in(log):
    def found():
        return re.search(r"http://127\.0\.0\.1:\d+", log.read_text())

    return wait_for(f"{log.stem} listens", found, READY_MAX).group()


def package(name, folder):
    """A zip as `sam build` makes it; without what only a debugger reads."""
    program = folder / "bootstrap"
    shutil.copy(BINARIES / name, program)
    subprocess.run(["strip", program], check=True)
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        info = zipfile.ZipInfo("bootstrap")
        info.external_attr = 0o755 << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, program.read_bytes(), compresslevel=1)
    return path


def ask(method, url, body=None, key=KEY):
    headers = {"Content-Type": "application/json"}
    if key:
        headers["X-API-Key"] = key
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_MAX) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def check(name, expected, found):
    if found != expected:
        sys.exit(f"FAILED {name}: {found!r} instead of {expected!r}")
    print(f"ok {name}: {expected}", flush=True)


def deploy(aws, endpoint, carrier, agent, stream_url, folder):
    s3, stacks = aws.client("s3"), aws.client("cloudformation")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    template = load_template()
    for name in emulated(template, endpoint, stream_url):
        s3.upload_file(str(package(name, folder)), BUCKET, f"{name}.zip")
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template).encode())
    parameters = {
        "KnowlarityApiUrl": carrier,
        "KnowlarityCallerId": "+911234567800",
        "ElevenLabsApiUrl": agent,
        "ElevenLabsAgentId": "agent_sim",
        "MaxConcurrentCalls": "10",
        "CallingWindow": "",
        "RetriesMax": "1",
        "RetryBusy": "1s",
        "RelayDomainName": "relay.example.org",
        "RelayCertificateArn": f"arn:aws:acm:{REGION}:000000000000:certificate/1",
        "RelayImageTag": "1",
        "VpcId": "vpc-1",
        "LoadBalancerSubnetIds": "subnet-1,subnet-2",
        "RelaySubnetIds": "subnet-1,subnet-2",
    }
    began = time.monotonic()
    stacks.create_stack(
        StackName=STACK,
        TemplateURL=f"{endpoint}/{BUCKET}/template.json",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
    )

    def settled():
        stack = stacks.describe_stacks(StackName=STACK)["Stacks"][0]
        return stack if not stack["StackStatus"].endswith("_IN_PROGRESS") else None

    stack = wait_for("the stack", settled, ANSWER_MAX)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        for event in stacks.describe_stack_events(StackName=STACK)["StackEvents"]:
            if "FAILED" in event["ResourceStatus"]:
                print(event["LogicalResourceId"], event.get("ResourceStatusReason"))
    check("the stack", "CREATE_COMPLETE", stack["StackStatus"])
    resources = stacks.describe_stack_resources(StackName=STACK)["StackResources"]
    print(f"ok {len(resources)} resources in {time.monotonic() - began:.1f} s", flush=True)
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def fill_secrets(aws, signing_key):
    """As infra/aws/README.md has it; the key of a client is the answer."""
    secrets = aws.client("secretsmanager")
    key, entry = api_key()
    drawn = secrets.get_secret_value(SecretId=f"{STACK}/carrier-webhook")["SecretString"]
    check("the webhook's secret is drawn", 48, len(json.loads(drawn)["KNOWLARITY_WEBHOOK_SECRET"]))
    for name, values in {
        "carrier-key": {"KNOWLARITY_API_KEY": "sim-sr-key"},
        "agent-key": {"ELEVENLABS_API_KEY": "sim-key"},
        "agent-webhook": {"ELEVENLABS_WEBHOOK_SECRET": "wsec_emulated"},
        "clients": {"API_KEYS": entry},
        "signing": {"WEBHOOK_SIGNING_KEYS": signing_key},
        # The emulator draws it with slashes, which ExcludePunctuation forbids.
        "carrier-webhook": {"KNOWLARITY_WEBHOOK_SECRET": WEBHOOK_SECRET},
    }.items():
        secrets.put_secret_value(SecretId=f"{STACK}/{name}", SecretString=json.dumps(values))
    return key


def api_key():
    """A fresh key, and its entry for API_KEYS."""
    command = [BINARIES / "outbound-call", "api-key", "crm", "read+write+pii+admin"]
    drawn = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.search(r"client: +(\S+)", drawn).group(1), re.search(r"crm:\S+:[0-9a-f]{64}", drawn).group()


def relay_environment(aws, endpoint, listen):
    """What ECS would set: the environment of the task that the stack defined."""
    ecs = aws.client("ecs")
    family = ecs.describe_task_definition(taskDefinition=f"{STACK}-relay")["taskDefinition"]
    container = family["containerDefinitions"][0]
    own = {entry["name"]: entry["value"] for entry in container["environment"]}
    return {
        **aws_environment(),
        **own,
        "RELAY_LISTEN": listen,
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": endpoint,
        "AWS_ENDPOINT_URL_S3": endpoint,
    }


def aws_environment():
    return {
        "PATH": os.environ["PATH"],
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def patient(number, callback):
    return {
        "recordingConsent": True,
        "patientData": {"id": f"patient_{number[-2:]}", "name": "राहुल शर्मा", "phoneNumber": number},
        "callbackUrl": callback,
    }


def until(api, key, call, wanted):
    def found():
        status, body = ask("GET", f"{api}/api/outbound-call/{call}", key=key)
        record = json.loads(body) if status == 200 else {}
        return record if record and wanted(record) else None

    return wait_for(f"the call {call}", found, STATE_MAX)


def listen(api, key, call, s3):
    """What was recorded is in the bucket, can be heard, and is gone once nobody may hear it."""
    record = until(api, key, call, lambda record: record["recording"]["state"] == "ready")
    bucket = next(bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if bucket["Name"] != BUCKET)
    stored = lambda: [it["Key"] for it in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]  # noqa: E731
    check("only the answered call is in the bucket", {call}, {name.split("/")[1] for name in stored()})
    url = f"{api}/api/outbound-call/{call}/recording"
    wanted = urllib.request.Request(url, headers={"X-API-Key": key, "Range": "bytes=0-"})
    with urllib.request.urlopen(wanted, timeout=ANSWER_MAX) as answer:
        status, file = answer.status, answer.read()
    check("a part of the recording", (206, b"RIFF"), (status, file[:4]))
    sound = file[58:]
    check("its length", record["recording"]["durationMs"], len(sound) // 16)
    # What is quiet has few values.
    check("both voices are in it", (True, True), tuple(len(set(sound[channel::2])) > 100 for channel in (0, 1)))
    status, _ = ask("DELETE", url, key=key)
    check("the consent is withdrawn", 204, status)
    wait_for("the sweep erases the recording", lambda: not stored(), STATE_MAX)
    print("ok the bucket is empty", flush=True)


def told(record):
    return record["events"] and all(event.get("deliveredAt") for event in record["events"])


def place_calls(api, key, callback, crm_log, s3):
    status, _ = ask("GET", f"{api}/health", key=None)
    check("health", 200, status)
    status, _ = ask("POST", f"{api}/api/outbound-call", patient("+911234567890", callback), key="wrong")
    check("a wrong key", 401, status)

    status, body = ask("POST", f"{api}/api/outbound-call", patient("+911234567890", callback), key=key)
    check("trigger", 202, status)
    answered = json.loads(body)["sessionId"]
    status, body = ask("POST", f"{api}/api/outbound-call", patient("+911234567891", callback), key=key)
    check("trigger, a busy line", 202, status)
    busy = json.loads(body)["sessionId"]
    status, body = ask("GET", f"{api}/api/outbound-calls", key=key)
    check("list", 200, status)

    over = lambda record: record["status"] in ("completed", "failed")  # noqa: E731
    record = until(api, key, answered, lambda record: over(record) and told(record))
    check("the call", "completed", record["status"])
    check("who ended it", "agent_ended", record["cause"])
    saved = {field: answer["value"] for field, answer in record["answers"].items()}
    check("answers by MCP", ("राहुल शर्मा", 42, "जयपुर"),
          (saved.get("patientName"), saved.get("age"), saved.get("city")))
    check("the source of answers", "mcp", record["answers"]["age"]["source"])
    if not record["transcript"]:
        sys.exit("FAILED nothing was said")

    # Nobody starts the sweep but its schedule.
    record = until(api, key, busy, lambda record: over(record) and told(record))
    check("a busy line is dialled again by the sweep", ("failed", 2),
          (record["status"], len(record["attempts"])))

    status, body = ask("GET", f"{api}/api/export?range=today", key=key)
    check("export", 200, status)
    check("rows of the export", 2, len(json.loads(body)["rows"]))
    status, body = ask("GET", f"{api}/api/analytics?range=today", key=key)
    check("analytics", 200, status)
    outcomes = crm_log.read_text()
    for event in ("call.completed", "call.failed"):
        if event not in outcomes:
            sys.exit(f"FAILED the CRM never heard of {event}: {outcomes}")
    print("ok the CRM was told", flush=True)
    listen(api, key, answered, s3)


def main(logs):
    port, relay_port = free_port(), free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        **aws_environment(),
        "HOME": os.environ.get("HOME", "/"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(logs),
    }
    emulator = pathlib.Path(sys.executable).parent / "ministack"
    start("ministack", [str(emulator)], environment, logs)
    listens = lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0  # noqa: E731
    wait_for("MiniStack listens", listens, READY_MAX)
    aws = boto3.Session("test", "test", region_name=REGION)
    client = aws.client
    aws.client = lambda service: client(service, endpoint_url=endpoint)

    signing_key = "whsec_" + base64.b64encode(os.urandom(32)).decode()
    crm_log = start("crm", [str(BINARIES / "crm-sim"), "--listen", "127.0.0.1:0", "--key", signing_key],
                    aws_environment(), logs)
    callback = url_in(crm_log) + "/outcomes"
    carrier_port, agent_port = free_port(), free_port()
    outputs = deploy(aws, endpoint, f"http://127.0.0.1:{carrier_port}", f"http://127.0.0.1:{agent_port}",
                     f"ws://127.0.0.1:{relay_port}/knowlarity-stream", logs)
    api_id = re.search(r"//([0-9a-z]+)\.", outputs["ApiUrl"]).group(1)
    api = f"{endpoint}/_aws/execute-api/{api_id}/$default"
    key = fill_secrets(aws, signing_key)

    assets = ROOT / "infra/simulators/assets"
    lines = ["haan", "age", "complaint", "city"]
    callee = [word for line in lines for word in ("--callee-wav", str(assets / f"callee_{line}_hi.wav"))]
    start("carrier", [str(BINARIES / "knowlarity-sim"), "--listen", f"127.0.0.1:{carrier_port}", "--by-number",
                      "--ring", "1s", "--webhook-url", f"{api}/api/knowlarity/webhook/{WEBHOOK_SECRET}", *callee],
          aws_environment(), logs)
    start("agent", [str(BINARIES / "elevenlabs-sim"), "--listen", f"127.0.0.1:{agent_port}",
                    "--mcp-url", f"{api}/mcp", "--post-call-url", f"{api}/api/elevenlabs/webhook",
                    "--post-call-secret", "wsec_emulated"], aws_environment(), logs)
    start("relay", [str(BINARIES / "relay")],
          relay_environment(aws, endpoint, f"127.0.0.1:{relay_port}"), logs)
    try:
        place_calls(api, key, callback, crm_log, aws.client("s3"))
    except SystemExit:
        for log in sorted(logs.glob("*.log")):
            print(f"--- {log.name}\n" + log.read_text()[-4000:], file=sys.stderr)
        raise
    finally:
        stop()


if __name__ == "__main__":
    # Half a gigabyte of packages, so not left behind whatever happens.
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder:
        try:
            main(pathlib.Path(folder))
        finally:
            stop()
