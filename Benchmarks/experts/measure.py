#!/usr/bin/env python3
"""Runs swinfer and llama.cpp in turn under memory limits; see the script `run` beside this file."""
import argparse, json, mmap, os, random, statistics, subprocess, sys, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))


class Group:
    """A memory control group with a limit, of either version."""

    def __init__(self, limit):
        name = f"swinfer-bench-{os.getpid()}"
        if os.path.isdir("/sys/fs/cgroup/memory"):
            self.path = f"/sys/fs/cgroup/memory/{name}"
            self.files = {"limit": "memory.limit_in_bytes", "peak": "memory.max_usage_in_bytes"}
        else:
            self.path = f"/sys/fs/cgroup/{name}"
            self.files = {"limit": "memory.max", "peak": "memory.peak"}
        try:
            os.mkdir(self.path)
            if limit:
                with open(f"{self.path}/{self.files['limit']}", "w") as file:
                    file.write(str(limit))
        except OSError as error:
            sys.exit(f"cannot limit memory: {error}; run as root where control groups can be written")

    def enter(self):
        with open(f"{self.path}/cgroup.procs", "w") as file:
            file.write("0")

    def peak(self):
        try:
            with open(f"{self.path}/{self.files['peak']}") as file:
                return int(file.read())
        except OSError:
            return 0

    def close(self):
        for _ in range(50):
            try:
                return os.rmdir(self.path)
            except OSError:
                time.sleep(0.1)


def drop_cache(path):
    """Takes the model out of the page cache, as far as nobody else has it mapped."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def disk_bandwidth(path, count=192, size=1 << 20, threads=8):
    """Bytes per second of direct reads of 1 MB at random places."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECT)
    places = [random.randrange(os.path.getsize(path) // size) for _ in range(count)]

    def work(mine):
        buffer = mmap.mmap(-1, size)
        for place in mine:
            os.preadv(descriptor, [buffer], place * size)

    start = time.monotonic()
    workers = [threading.Thread(target=work, args=(places[i::threads],)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    os.close(descriptor)
    return count * size / (time.monotonic() - start)


def run(command, group):
    """A process in the group: its output, and the bytes that it read from disk."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=group.enter)
    read = 0
    done = threading.Event()

    def watch():
        nonlocal read
        while not done.wait(0.05):
            try:
                with open(f"/proc/{process.pid}/io") as file:
                    read = int(file.read().split("read_bytes: ")[1].split()[0])
            except (OSError, IndexError):
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, errors = process.communicate()
    done.set()
    watcher.join()
    if process.returncode != 0:
        print(f"{command[0]}: exit {process.returncode}: {errors.strip()[-300:]}", file=sys.stderr)
        return None, read
    return output, read


# Ways of running swinfer; without one it decides itself.
VARIANTS = {
    "swinfer": [],
    "swinfer-resident": ["--load", "resident"],
    "swinfer-streamed": ["--load", "streamed"],
    "swinfer-mapped": ["--load", "mapped"],
}


def swinfer(a, group, variant):
    command = [
        a.swinfer, "bench", "-m", a.model, "-p", str(a.p), "-n", str(a.n), "-t", str(a.t), "-c", "1024",
        "-r", "1", "--no-warmup", "--no-expert-counts", "-o", "jsonl"] + VARIANTS[variant] + a.swinfer_arguments.split()
    output, read = run(command, group)
    rates = {}
    for line in (output or "").splitlines():
        row = json.loads(line)
        kind = "pp" if row["n_prompt"] else "tg"
        rates[kind] = row["avg_ts"]
        rates[f"{kind}_hits"] = row.get("expert_hit_rate", 1)
        rates[f"{kind}_disk"] = row.get("disk_bytes_per_token", 0)
    return rates, read


def llama(a, group):
    command = [sys.executable, f"{HERE}/llamacpp_mmap.py", a.model, str(a.p), str(a.n), str(a.t)]
    output, read = run(command, group)
    return (json.loads(output.strip().splitlines()[-1]) if output else {}), read


def size(text):
    units = {"K": 1e3, "M": 1e6, "G": 1e9}
    return int(float(text[:-1]) * units[text[-1]]) if text[-1] in units else int(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--swinfer", required=True)
    parser.add_argument("--limits", default="3.9G,2.2G,1.4G")
    parser.add_argument("-p", type=int, default=256)
    parser.add_argument("-n", type=int, default=64)
    parser.add_argument("-t", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--engines", default="llama.cpp,swinfer", help="of llama.cpp, " + ", ".join(VARIANTS))
    parser.add_argument("--swinfer-arguments", default="")
    parser.add_argument("--out")
    a = parser.parse_args()
    file_size = os.path.getsize(a.model)
    head = (
        "| limit | file / limit | engine | pp%d tok/s | tg%d tok/s | GB read | expert hits (tg) | MB/token (tg) | disk GB/s beside | peak, share of limit |"
        % (a.p, a.n))
    lines = [head, "|" + " ---: |" * 2 + " --- |" + " ---: |" * 7]
    print("\n".join(lines), flush=True)
    for text in a.limits.split(","):
        limit = size(text)
        medians = {}
        samples = {}
        for _ in range(a.rounds):
            for engine in a.engines.split(","):
                drop_cache(a.model)
                disk = disk_bandwidth(a.model)
                group = Group(limit)
                rates, read = (
                    swinfer(a, group, engine) if engine in VARIANTS else llama(a, group))
                peak = group.peak()
                group.close()
                print(f"  {text} {engine} {rates} read {read / 1e9:.2f} GB disk {disk / 1e9:.2f}", file=sys.stderr)
                samples.setdefault(engine, []).append((rates, read, disk, peak))
        for engine, rows in samples.items():
            def median(of):
                values = [of(row) for row in rows]
                return statistics.median(v for v in values if v is not None) if any(
                    v is not None for v in values) else float("nan")
            pp, tg = median(lambda r: r[0].get("pp")), median(lambda r: r[0].get("tg"))
            medians[engine] = (pp, tg)
            hits = median(lambda r: r[0].get("tg_hits"))
            per_token = median(lambda r: r[0].get("tg_disk"))
            cells = [
                text, f"{file_size / limit:.2f}", engine, f"{pp:.1f}", f"{tg:.2f}",
                f"{median(lambda r: r[1]) / 1e9:.2f}", "-" if hits != hits else f"{hits * 100:.0f} %",
                "-" if per_token != per_token else f"{per_token / 1e6:.0f}",
                f"{median(lambda r: r[2]) / 1e9:.2f}",
                f"{max(r[3] for r in rows) / 1e9:.2f} GB, {max(r[3] for r in rows) / limit * 100:.0f} %"]
            lines.append("| " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
        if "swinfer" in medians and "llama.cpp" in medians:
            ours, theirs = medians["swinfer"], medians["llama.cpp"]
            lines.append(
                f"| {text} | | **ratio** | **{ours[0] / theirs[0]:.2f}x** | **{ours[1] / theirs[1]:.2f}x** | | | | | |")
            print(lines[-1], flush=True)
    if a.out:
        with open(a.out, "w") as file:
            file.write("\n".join(lines) + "\n")


main()
