"""An SFTP server for tests: OpenSSH's own, one process for each connection, for the user who runs the test.

Usage: sftp_server.py DIRECTORY. Keys and configuration go there. Says its port, then `user`, `key` (the private key that it
lets in), `stranger` (one that it does not) and `knownHosts`.
"""
import getpass
import os
import socket
import subprocess
import sys

import parent

SSHD = "/usr/sbin/sshd"
# OpenSSH will not start as root without this empty directory; its service makes it, and is not running here.
EMPTY = "/run/sshd"


def make_key(path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)
    with open(path + ".pub", encoding="ascii") as public:
        return public.read()


def main():
    parent.attach()
    directory = sys.argv[1]
    host, key, stranger = (os.path.join(directory, name) for name in ("host", "key", "stranger"))
    host_public = make_key(host)
    with open(os.path.join(directory, "authorized"), "w", encoding="ascii") as authorized:
        authorized.write(make_key(key))
    make_key(stranger)
    config = os.path.join(directory, "sshd_config")
    with open(config, "w", encoding="utf-8") as out:
        out.write(f"HostKey {host}\nAuthorizedKeysFile {directory}/authorized\nStrictModes no\nUsePAM no\nPidFile none\n"
                  "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
                  "Subsystem sftp internal-sftp\n")
    if os.geteuid() == 0:
        os.makedirs(EMPTY, mode=0o755, exist_ok=True)

    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    known_hosts = os.path.join(directory, "known_hosts")
    with open(known_hosts, "w", encoding="ascii") as out:
        out.write(f"[127.0.0.1]:{port} {host_public}")
    parent.say(port=port)
    parent.say(user=getpass.getuser(), key=key, stranger=stranger, knownHosts=known_hosts)
    log = open(os.path.join(directory, "log"), "ab")  # pylint: disable=consider-using-with
    sessions = []
    while True:
        connection, _ = listener.accept()
        with connection:
            # pylint: disable-next=consider-using-with
            sessions.append(subprocess.Popen([SSHD, "-i", "-e", "-f", config], stdin=connection, stdout=connection, stderr=log))
        sessions = [s for s in sessions if s.poll() is None]


if __name__ == "__main__":
    main()
