"""Runs the ```sh blocks of README.md; see scripts/run-readme for the marks that say how."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time

FOREGROUND_LIMIT = 1800  # seconds: the first block builds
STOP_LIMIT = 60  # seconds


def blocks(text):
    pattern = re.compile(r"(?:<!-- run: (?P<mark>[^>]*?) -->\n+)?```sh\n(?P<code>.*?)```", re.S)
    for match in pattern.finditer(text):
        line = text.count("\n", 0, match.start("code")) + 1
        yield line, (match.group("mark") or "").strip(), match.group("code")


def start(code, output):
    # A process group of its own, so that stopping it reaches what it started too.
    return subprocess.Popen(["bash", "-c", "set -euo pipefail\n" + code], stdout=output, stderr=subprocess.STDOUT, start_new_session=True)


def stop(background):
    """Ends what runs in the background, newest first; answers with what did not end well."""
    problems = []
    for line, process, output in reversed(background):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            code = process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = "nothing: it had to be killed"
        # The shell itself may report the signal; what it runs must not.
        if code not in (0, -signal.SIGTERM, 128 + signal.SIGTERM):
            output.seek(0)
            problems.append(f"README.md:{line}: in the background, ended with {code}:\n{output.read().decode(errors='replace')[-4000:]}")
    background.clear()
    return problems


def main():
    text = open("README.md", encoding="utf-8").read()
    check_only = "--check" in sys.argv[1:]
    background, problems, ran = [], [], 0
    try:
        for line, mark, code in blocks(text):
            if check_only:
                result = subprocess.run(["bash", "-n"], input=code.encode(), capture_output=True)
                if result.returncode != 0:
                    problems.append(f"README.md:{line}: {result.stderr.decode()}")
                ran += 1
                continue
            if mark.startswith("no,"):
                print(f"==> README.md:{line}: not run: {mark[3:].strip()}", flush=True)
                continue
            print(f"==> README.md:{line}{': ' + mark if mark else ''}\n{code}", flush=True)
            ran += 1
            if mark == "background":
                output = tempfile.TemporaryFile()
                background.append((line, start(code, output), output))
                time.sleep(0.1)
                continue
            process = start(code, None)
            try:
                status = process.wait(FOREGROUND_LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                status = f"nothing: still running after {FOREGROUND_LIMIT} s"
            if status != 0:
                problems.append(f"README.md:{line}: ended with {status}")
            if mark == "stop":
                problems += stop(background)
    finally:
        problems += stop(background)
    if ran == 0:
        problems.append("README.md shows no command at all")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"README.md: {ran} blocks {'parsed' if check_only else 'run'}, {len(problems)} problems")
    sys.exit(1 if problems else 0)


main()
