"""Runs the tests of cgroups on a kernel of its own (User-mode Linux), where all controllers are to be had.

    python3 cgroup_kernel.py TEST_PROGRAM

On the machine that builds, the hierarchy is often not ours to write, or its controllers belong to version 1. The kernel
is a process here. It sees the files of the machine, to be read only, and has nothing to do with its cgroups.
"""
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import skips  # pylint: disable=wrong-import-position

KERNEL = "linux.uml"
MEMORY = "1G"
SECONDS_MAX = 1100
BEGUN = "callboard: begun"
ENDED = "callboard: exit code"

INIT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ TMPDIR=/mnt CALLBOARD_TEST_CGROUPS=all
mount -t proc proc /proc
mount -t tmpfs -o mode=1777 tmpfs /mnt
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
cd /mnt
echo "{begun}"
run() {{
  echo "callboard: $1"
  shift
  "$@"
  echo "{ended} $?"
}}
in_box() {{
  sh -c 'echo $$ > /sys/fs/cgroup/box/cgroup.procs; exec "$@"' sh "$@"
}}
run "in the group at the root" "{program}" "[cgroup]" --use-colour no
echo "+memory +cpu" > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/box
run "in a group below" in_box "{program}" "[cgroup]" --use-colour no
rmdir /sys/fs/cgroup/box/main.callboard /sys/fs/cgroup/box
mkdir /sys/fs/cgroup/box
chown -R nobody /sys/fs/cgroup/box
run "as an ordinary user to whom a group was left" \\
  in_box setpriv --reuid=nobody --clear-groups --bounding-set=-all "{program}" "[cgroup]" --use-colour no
echo o > /proc/sysrq-trigger
read never
"""


def run(command):
    """What it prints. The kernel's own processes are its children, which end with their group."""
    kernel = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              start_new_session=True)
    try:
        return kernel.communicate(timeout=SECONDS_MAX)[0]
    except subprocess.TimeoutExpired:
        os.killpg(kernel.pid, signal.SIGKILL)
        return kernel.communicate()[0]


def main():
    skips.need({KERNEL: "user-mode-linux", "setpriv": "util-linux"})
    with tempfile.TemporaryDirectory(prefix="callboard-kernel-") as scratch:
        init = os.path.join(scratch, "init")
        with open(init, "w", encoding="utf-8") as script:
            script.write(INIT.format(begun=BEGUN, ended=ENDED, program=os.path.abspath(sys.argv[1])))
        os.chmod(init, 0o755)
        command = [KERNEL, f"mem={MEMORY}", f"uml_dir={scratch}", "rootfstype=hostfs", "rootflags=/", "ro", f"init={init}",
                   "con=null", "con0=fd:0,fd:1"]
        output = run(command)
    lines = output.decode(errors="replace").replace("\r", "").splitlines()
    if BEGUN not in lines:
        print(*lines[-20:], sep="\n")
        skips.leave(f"{KERNEL} does not run here; its last words are above")
    lines = lines[lines.index(BEGUN):]
    print(*lines, sep="\n")
    return 0 if [line for line in lines if line.startswith(ENDED)] == [f"{ENDED} 0"] * 3 else 1


if __name__ == "__main__":
    sys.exit(main())
