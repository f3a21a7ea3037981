"""The endpoint judge against aiohttp: the same server on the loopback, the same kind of prompts, replies parsed and journalled.

    ninja -C build/release endpoint_measure
    python suites/peers/endpoint_peers.py --build build/release --out reports/results/endpoint_speed.json [--requests 50000] [--many 1000000]

Needs aiohttp. Ours is `endpoint_measure ask`: the judge as a run uses it (prompt from a rubric, its random fence, one request a
free place, reply parsed, every verdict committed to SQLite before its place is used again), 64 places. The peer keeps as many
requests in flight, sends a body of the same size, parses the reply's JSON and the rating within it, and appends a line to a file
that is flushed: less than ours keeps. Both share two cores with the server, in turns. `--many` asks ours so many more, for its memory.
"""
import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time

from common import cpu_name, write_json

PLACES, ROUNDS = 64, 3


async def peer(url, n, path):
    import aiohttp
    numbers = iter(range(n))
    prompt = "You rate an answer by its reference. " * 20
    scored = 0
    with open(path, "w") as journal:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=PLACES)) as session:
            async def place():
                nonlocal scored
                for i in numbers:
                    body = {"model": "judge-model", "temperature": 0, "max_tokens": 64, "messages": [
                        {"role": "user", "content": f"{prompt}Answer {i}: {'a' * 1000}"}]}
                    async with session.post(url + "/chat/completions", json=body) as reply:
                        got = await reply.json()
                    rating = json.loads(got["choices"][0]["message"]["content"])["rating"]
                    scored += isinstance(rating, int)
                    journal.write(json.dumps({"item": i, "rating": rating}) + "\n")
                    journal.flush()
            await asyncio.gather(*(place() for _ in range(PLACES)))
    return scored


def ours(build, url, n):
    done = subprocess.run([os.path.join(build, "tests/measure/endpoint_measure"), "ask", url, str(n)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    found = json.loads(done.stdout)
    assert found["scored"] == n, found
    return found


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default="build/release")
    p.add_argument("--out", default="reports/results/endpoint_speed.json")
    p.add_argument("--requests", type=int, default=50000)
    p.add_argument("--many", type=int, default=0)
    a = p.parse_args()
    import aiohttp
    server = subprocess.Popen([os.path.join(a.build, "tests/measure/endpoint_measure"), "serve"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    url = server.stdout.readline().strip()
    rounds = []
    for _ in range(ROUNDS):
        one = {"ours": ours(a.build, url, a.requests)}
        with tempfile.TemporaryDirectory() as folder:
            start, cpu = time.monotonic(), time.process_time()
            scored = asyncio.run(peer(url, a.requests // 5, os.path.join(folder, "journal.jsonl")))
            seconds = time.monotonic() - start
        assert scored == a.requests // 5
        one["aiohttp"] = {"requests": scored, "seconds": seconds, "requests_per_second": scored / seconds,
                          "processor_seconds": time.process_time() - cpu}
        one["ratio"] = one["ours"]["requests_per_second"] / one["aiohttp"]["requests_per_second"]
        print(one, flush=True)
        rounds.append(one)
    result = {"cpu": cpu_name(), "threads": os.cpu_count(), "load": os.getloadavg()[0], "places": PLACES, "aiohttp": aiohttp.__version__,
              "reach": 10, "ratio": sorted(r["ratio"] for r in rounds)[ROUNDS // 2], "rounds": rounds}
    if a.many:
        result["many"] = ours(a.build, url, a.many)
    server.stdin.close()
    server.wait()
    write_json(a.out, result)


main()
