"""What the scripts of this folder share: the machine's name, a process's memory, and how a result is written."""
import json
import platform


def cpu_name():
    """The processor's name; where the system does not tell it as Linux does, its architecture."""
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def peak_mib(pid):
    """The most memory that a running process has held, in MiB (Linux)."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM"))


def write_json(path, result):
    with open(path, "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
