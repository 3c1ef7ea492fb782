"""Completion of callboard's words in the real shells, with a scheduler that has odd names.

Usage: completion.py CALLBOARD
"""
import http.server
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import skips  # pylint: disable=wrong-import-position

PROGRAM = ""
PATIENCE = 30  # seconds; bounds a test that fails
# A shell that expanded what the scheduler says would make a file.
EVIL = "mail$(touch pwned)"
ANSWERS = {
    "/api/queues": {"queues": [{"name": "mail"}, {"name": EVIL}, {"name": "night shift"}], "next": None},
    "/api/schemas": {"schemas": [{"type": "exec"}, {"type": "thumbnail"}], "next": None},
    "/api/workers": {"workers": [{"id": "local-1"}]},
    "/api/schedules": {"schedules": [{"name": "nightly"}], "next": None},
    "/api/templates": {"templates": [{"name": "report"}], "next": None},
}


class Scheduler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        body = json.dumps(ANSWERS[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Scheduler)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.scratch = tempfile.mkdtemp(prefix="callboard-completion-")
        os.symlink(os.path.abspath(PROGRAM), os.path.join(cls.scratch, "callboard"))
        cls.env = {**os.environ, "CALLBOARD_SERVER": f"http://127.0.0.1:{cls.server.server_port}",
                   "PATH": cls.scratch + ":" + os.environ["PATH"], "HOME": cls.scratch, "LC_ALL": "C.UTF-8"}
        for shell in ("bash", "zsh", "fish"):
            with open(os.path.join(cls.scratch, shell), "w", encoding="utf-8") as out:
                subprocess.run([PROGRAM, "completion", shell], stdout=out, check=True)

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        shutil.rmtree(cls.scratch)

    def run_in(self, *command, env=None):
        end = subprocess.run(command, cwd=self.scratch, env=env or self.env, capture_output=True, text=True, timeout=PATIENCE,
                             check=False)
        self.assertEqual("", end.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.scratch, "pwned")), "a name of the scheduler was run")
        return end.stdout.splitlines()

    def bash(self, *words, env=None):
        quoted = " ".join("'" + w + "'" for w in words)
        return self.run_in("bash", "--norc", "-c", f"source ./bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _callboard; "
                           'printf "%s\\n" "${COMPREPLY[@]}"', env=env)

    def fish(self, line):
        return [found.split("\t")[0] for found in self.run_in("fish", "--no-config", "-c", f"source ./fish; complete -C '{line}'")]

    def zsh(self, line):
        """The line as it is after Tab, at a prompt."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.scratch)
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**self.env, "TERM": "dumb", "PS1": "", "PS2": ""})
        try:
            os.write(terminal, b"autoload -U compinit; compinit -u -D; source ./zsh; zstyle ':completion:*' menu no; "
                               b"unsetopt prompt_sp; PS1='rea''dy>'\n")
            self.read_until(terminal, b"ready>")
            # What the line has become is printed by the shell itself.
            os.write(terminal, b"show() { print -r -- \"<<$BUFFER>>\" }; zle -N show; bindkey '^X' show\n")
            self.read_until(terminal, b"ready>")
            os.write(terminal, line.encode() + b"\t\x18")
            return self.read_until(terminal, b">>").rpartition(b"<<")[2].rpartition(b">>")[0].decode()
        finally:
            os.close(terminal)
            os.waitpid(pid, 0)

    def read_until(self, terminal, mark):
        out, deadline = b"", time.monotonic() + PATIENCE
        while mark not in out:
            self.assertTrue(select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0], out)
            out += os.read(terminal, 4096)
        return out

    def test_the_shells_can_read_their_scripts(self):
        for shell in ("bash", "zsh", "fish"):
            self.run_in(shell, "-n", shell)

    def test_bash_completes_commands_and_options(self):
        self.assertEqual(["submit"], self.bash("callboard", "sub"))
        self.assertEqual(["set", "show"], sorted(self.bash("callboard", "queues", "s")))
        self.assertEqual(["--queue"], self.bash("callboard", "list", "--qu"))
        # The flags of a type's payload, and those of submit, stand behind the type.
        self.assertEqual(["--cwd"], self.bash("callboard", "submit", "exec", "--cw"))
        self.assertEqual(["--on-miss"], self.bash("callboard", "submit", "exec", "--on-m"))
        self.assertNotIn("__complete", self.bash("callboard", ""))

    def test_bash_completes_choices(self):
        self.assertEqual(["shed"], self.bash("callboard", "queues", "set", "mail", "--when-full", "s"))
        self.assertEqual(["promote"], self.bash("callboard", "submit", "exec", "--on-miss", "=", "p"))
        self.assertEqual(["bash", "zsh", "fish"], self.bash("callboard", "completion", ""))

    def test_bash_asks_the_scheduler_for_names(self):
        self.assertEqual(["mail", "mail\\$\\(touch\\ pwned\\)"], self.bash("callboard", "list", "--queue", "ma"))
        self.assertEqual(["night\\ shift"], self.bash("callboard", "queues", "pause", "mail", "ni"))
        self.assertEqual(["thumbnail"], self.bash("callboard", "submit", "thu"))
        self.assertEqual(["local-1"], self.bash("callboard", "drain", "l"))
        self.assertEqual(["nightly"], self.bash("callboard", "schedules", "--server", self.env["CALLBOARD_SERVER"], "pause", ""))
        self.assertEqual(["report"], self.bash("callboard", "templates", "show", ""))

    def test_nothing_is_said_without_a_scheduler(self):
        nobody = {**self.env, "CALLBOARD_SERVER": "http://127.0.0.1:1"}
        self.assertEqual([""], self.bash("callboard", "list", "--queue", "ma", env=nobody))
        self.assertEqual([], self.run_in("callboard", "__complete", "nothing", env=nobody))

    def test_fish_completes(self):
        self.assertEqual(["submit"], self.fish("callboard sub"))
        self.assertEqual(["set", "show"], sorted(self.fish("callboard queues s")))
        self.assertEqual(["--queue"], self.fish("callboard list --qu"))
        self.assertEqual(["shed"], self.fish("callboard queues set mail --when-full s"))
        self.assertEqual(["mail", EVIL], sorted(self.fish("callboard list --queue ma")))
        self.assertEqual(["night shift"], self.fish("callboard queues pause ni"))
        self.assertEqual(["local-1"], self.fish("callboard drain l"))

    def test_zsh_completes(self):
        self.assertEqual("callboard submit ", self.zsh("callboard sub"))
        self.assertEqual("callboard list --queue ", self.zsh("callboard list --qu"))
        self.assertEqual("callboard queues set mail --when-full shed ", self.zsh("callboard queues set mail --when-full s"))
        self.assertEqual("callboard queues pause night\\ shift ", self.zsh("callboard queues pause ni"))
        self.assertEqual("callboard list --type=thumbnail ", self.zsh("callboard list --type=th"))
        self.assertFalse(os.path.exists(os.path.join(self.scratch, "pwned")))


def main():
    global PROGRAM  # pylint: disable=global-statement
    PROGRAM = sys.argv.pop(1)
    skips.need({"bash": "bash", "zsh": "zsh", "fish": "fish"})
    unittest.main()


if __name__ == "__main__":
    main()
