"""Runs the blocks of README.md; see scripts/run-readme for the marks that say how."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

FOREGROUND_LIMIT = 1800  # seconds: the first block builds
STOP_LIMIT = 60  # seconds
START_LIMIT = 60  # seconds, until a port listens
ROOT = os.getcwd()


def blocks(text):
    pattern = re.compile(r"(?:<!-- run: (?P<mark>[^>]*?) -->\n+)?```(?P<language>\w+)\n(?P<code>.*?)```", re.S)
    for match in pattern.finditer(text):
        line = text.count("\n", 0, match.start("code")) + 1
        yield line, (match.group("mark") or "").strip(), match.group("language"), match.group("code")


def start(code, directory, output):
    # What is called by its path in the repository runs there, everything else in a directory of its own.
    place = ROOT if "./scripts/" in code else directory
    # A process group of its own, so that stopping it reaches what it started too.
    return subprocess.Popen(["bash", "-c", "set -euo pipefail\n" + code], cwd=place, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)


def run(code, directory):
    process = start(code, directory, None)
    try:
        return process.wait(FOREGROUND_LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"nothing: still running after {FOREGROUND_LIMIT} s"


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def text_of(output):
    output.seek(0)
    return output.read().decode(errors="replace")[-4000:]


def stop(background):
    """Ends what runs in the background, newest first; answers with what did not end well."""
    problems = []
    for line, process, output in reversed(background):
        ended_before = process.poll() is not None
        if not ended_before:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            code = process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = "nothing: it had to be killed"
        # The shell may die of the signal itself; what it runs must not.
        if ended_before or code not in (0, -signal.SIGTERM):
            problems.append(f"README.md:{line}: in the background, ended with {code}:\n{text_of(output)}")
    background.clear()
    return problems


def postgres(directory):
    """A PostgreSQL server of its own, found through the variables that libpq reads; answers with how to stop it."""
    root = "/usr/lib/postgresql"
    versions = sorted((name for name in os.listdir(root) if name.isdigit()), key=int) if os.path.isdir(root) else []
    if not versions:
        sys.exit("PostgreSQL is missing, which the README's commands need: apt-get install -y postgresql, or ./scripts/test")
    binaries = f"{root}/{versions[-1]}/bin"
    place = tempfile.mkdtemp(prefix="muster-pg-", dir="/tmp")
    user = []
    if os.getuid() == 0:
        shutil.chown(place, "postgres", "postgres")
        user = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def call(*command):
        subprocess.run([*user, *command], check=True, cwd="/", stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    call(f"{binaries}/initdb", "-D", f"{place}/data", "-A", "trust", "-U", "postgres", "--no-locale", "-E", "UTF8", "--no-sync")
    control = [f"{binaries}/pg_ctl", "-D", f"{place}/data", "-w"]
    call(*control, "-l", f"{place}/log", "-o", f"-p {port} -k {place} -c listen_addresses=127.0.0.1", "start")
    os.environ.update(PGHOST="127.0.0.1", PGPORT=str(port), PGUSER="postgres", PATH=f"{os.environ['PATH']}:{binaries}")

    def end():
        call(*control, "-m", "fast", "stop")
        shutil.rmtree(place, ignore_errors=True)

    return end


def check(found):
    problems = []
    for line, _, language, code in found:
        if language == "sh":
            result = subprocess.run(["bash", "-n"], input=code.encode(), capture_output=True)
            if result.returncode != 0:
                problems.append(f"README.md:{line}: {result.stderr.decode()}")
            # Such a reader may leave while the writer still writes: the block ends with 141, but only now and then.
            if re.search(r"\|\s*(head\b|grep\s+-\w*q)", code):
                problems.append(f"README.md:{line}: a pipe into head or grep -q fails now and then under pipefail; let the last reader read all (tail, grep)")
        elif language == "json":
            try:
                json.loads(code)
            except ValueError as error:
                problems.append(f"README.md:{line}: {error}")
        else:
            problems.append(f"README.md:{line}: nobody runs a block of {language}")
    return problems


def run_all(found):
    background, problems = [], []
    directory = tempfile.mkdtemp(prefix="muster-readme-")
    os.environ["PATH"] = f"{ROOT}/.build/release:{os.environ['PATH']}"
    end_postgres = postgres(directory)
    try:
        for line, mark, language, code in found:
            if language != "sh":
                continue
            print(f"==> README.md:{line}{': ' + mark if mark else ''}\n{code}", flush=True)
            if mark.startswith("background"):
                output = tempfile.TemporaryFile()
                process = start(code, directory, output)
                background.append((line, process, output))
                port = re.search(r"until (\d+)", mark)
                deadline = time.monotonic() + START_LIMIT
                while port and not listens(int(port.group(1))):
                    if process.poll() is not None or time.monotonic() > deadline:
                        problems.append(f"README.md:{line}: nothing listens on port {port.group(1)}:\n{text_of(output)}")
                        return problems
                    time.sleep(0.1)
                continue
            retry = re.search(r"retry (\d+)", mark)
            deadline = time.monotonic() + (int(retry.group(1)) if retry else 0)
            status = run(code, directory)
            while status != 0 and time.monotonic() < deadline:
                time.sleep(1)
                status = run(code, directory)
            if status != 0:
                problems.append(f"README.md:{line}: ended with {status}")
                return problems
            if mark == "stop":
                problems += stop(background)
        return problems
    finally:
        problems += stop(background)
        end_postgres()
        shutil.rmtree(directory, ignore_errors=True)


def main():
    with open("README.md", encoding="utf-8") as file:
        found = list(blocks(file.read()))
    check_only = "--check" in sys.argv[1:]
    problems = check(found)
    if not found:
        problems.append("README.md shows no command at all")
    if not problems and not check_only:
        problems = run_all(found)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"README.md: {len(found)} blocks {'parsed' if check_only else 'run'}, {len(problems)} problems")
    sys.exit(1 if problems else 0)


main()
