"""A worker in Python: runs job types that are functions of yours, over HTTP."""
import logging
import os
import signal
import ssl
import threading
import time
import traceback
from typing import Any, Callable, Dict, List, Mapping, Optional

from .attempt import Attempt, Failed, Snooze, Stopped
from .errors import BadRequest, CallboardError, Conflict, NotFound, TooLarge
from .lease import Lease
from .session import CLAIM_MARGIN, FIRST_WAIT, LONGEST_WAIT, PASSING, Session
from .transport import Retries, Transport

log = logging.getLogger("callboard.worker")

Function = Callable[[Attempt], Any]
#: Seconds between two requests that tell how attempts are getting on.
NEWS_PAUSE = 0.5
#: Seconds between two looks whether a signal has come.
LOOK_PAUSE = 0.1
#: Seconds of patience with a request, but for a claim, which waits.
REQUEST_TIMEOUT = 20.0
EX_SOFTWARE = 70


class Worker:
    """Joins a scheduler and runs jobs, each on a thread of its own, `slots` at once.

    `server`: its address; without one CALLBOARD_SERVER of the environment, or http://127.0.0.1:8080.
    `functions`: by job type; `job` adds more. `resources`: what there is for jobs that ask for it, as
    `{"cpu": 2, "memory": "1GiB", "labels": {"zone": "eu"}}`. `grace`: seconds that running jobs have to end when the
    worker leaves. `guard`: a small process ends this one when it holds jobs that others may run by now.
    """

    def __init__(self, server: Optional[str] = None, functions: Optional[Mapping[str, Function]] = None, *,
                 name: Optional[str] = None, slots: int = 4, resources: Optional[Mapping[str, Any]] = None,
                 grace: float = 10.0, guard: bool = True, context: Optional[ssl.SSLContext] = None) -> None:
        self._server = server or os.environ.get("CALLBOARD_SERVER") or "http://127.0.0.1:8080"
        self._context = context
        self._name = name
        self._offer: Dict[str, Any] = {"slots": slots, **({"resources": dict(resources)} if resources else {})}
        self._slots = slots
        self._grace = grace
        self._guarded = guard
        self._types: Dict[str, Dict[str, Any]] = {}
        self._functions: Dict[str, Function] = {}
        # Of what is below. `_changed` goes with it.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._attempts: Dict[int, Attempt] = {}  # by fence: running, or their outcome is not on disk yet
        self._leaving = threading.Event()  # takes no more jobs
        self._hurry = threading.Event()  # waits for none either
        self._over = threading.Event()  # everything is told, or given up
        self._failure: Optional[BaseException] = None
        self._signals = 0  # that have come; their handler must not touch a lock
        for job_type, function in (functions or {}).items():
            self.job(job_type)(function)

    def job(self, job_type: str, *, version: Optional[str] = None, summary: Optional[str] = None,
            schema: Optional[Mapping[str, Any]] = None, cache_for: Optional[float] = None) -> Callable[[Function], Function]:
        """A decorator: the function does jobs of this type, and what it returns, as JSON, is the result. `schema`: JSON
        Schema (draft 7) of payloads. `cache_for`: a result depends on the payload only, and holds so many seconds."""
        said = {"version": version, "summary": summary, "schema": schema, "cacheForSeconds": cache_for}

        def add(function: Function) -> Function:
            self._types[job_type] = {"name": job_type, **{k: v for k, v in said.items() if v is not None}}
            self._functions[job_type] = function
            return function

        return add

    def stop(self) -> None:
        """Takes no more jobs, lets those that run end within the grace, and leaves; a second call ends the grace."""
        if self._leaving.is_set():
            self._hurry.set()
        self._leaving.set()
        with self._changed:
            self._changed.notify_all()

    def run(self) -> None:
        """Runs until SIGTERM or SIGINT, `stop`, or a drain by the scheduler. Raises a CallboardError when the scheduler
        does not want this worker, and ValueError when it has no functions."""
        if not self._functions:
            raise ValueError("a worker needs functions: Worker(functions={...}) or @worker.job(...)")
        restore = self._take_signals()
        self._lease = Lease(self._guarded)
        transport, beats = (Transport(self._server, REQUEST_TIMEOUT, Retries(total=0), self._context) for _ in range(2))
        self._session = Session(transport, beats, self._name, list(self._types.values()), self._offer, self._lease,
                                self._lock, self._held)
        self._claims = Transport(self._server, REQUEST_TIMEOUT + CLAIM_MARGIN, Retries(total=0), self._context)
        try:
            if self._session.register(0, lambda: self._leaving.is_set() or self._signals > 0):
                self._work()
        finally:
            self._over.set()
            self._lease.close()
            for number, handler in restore.items():
                signal.signal(number, handler)
        if self._failure is not None:
            raise self._failure

    # -- threads --------------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        threads = [threading.Thread(target=self._guarded_loop, args=(loop,), name=f"callboard-{loop.__name__[1:]}",
                                    daemon=True)
                   for loop in (self._claim_jobs, self._beat, self._watch, self._tell_news)]
        for thread in threads:
            thread.start()
        while not self._leaving.wait(LOOK_PAUSE):
            if self._signals > 0:
                self.stop()
        self._end_attempts()
        if self._failure is None and self._session.token:
            self._leave()
        self._over.set()

    def _guarded_loop(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except BaseException as why:  # pylint: disable=broad-except
            self._failure = why
            log.error("the worker ends: %s", why)
            self._hurry.set()
            self.stop()

    def _leave(self) -> None:
        try:
            self._session.ask("leave", self._session.token)
        except CallboardError as why:
            log.info("the scheduler did not hear that this worker leaves: %s", why)

    def _end_attempts(self) -> None:
        """Waits for what runs, then asks it to stop, then for what is on its way."""
        self._await_attempts(time.monotonic() + self._grace, may_hurry=True)
        with self._lock:
            for attempt in self._attempts.values():
                attempt.stop("shutdown")
        self._await_attempts(time.monotonic() + self._session.kill_grace, may_hurry=False)
        with self._lock:
            stuck = [a.id for a in self._attempts.values() if not a.over]
        if stuck:
            self._give_up(f"{', '.join(stuck)}: asked to stop, and still running")

    def _await_attempts(self, until: float, may_hurry: bool) -> None:
        with self._changed:
            while self._attempts and time.monotonic() < until:
                if may_hurry and (self._hurry.is_set() or self._signals > 1):
                    return
                self._changed.wait(LOOK_PAUSE)

    @staticmethod
    def _give_up(why: str) -> None:
        """What runs must not outlive its lease, and nothing else ends a thread."""
        log.critical("this worker gives up: %s", why)
        logging.shutdown()
        os._exit(EX_SOFTWARE)

    def _claim_jobs(self) -> None:
        number, generation, wait = 1, self._session.generation, FIRST_WAIT
        while not self._leaving.is_set():
            with self._changed:
                running = sum(not a.over for a in self._attempts.values())
                if running >= self._slots:
                    self._changed.wait(1.0)
                    continue
                if self._lease.left() <= 0:
                    # What would be claimed now could not begin.
                    self._changed.wait(LOOK_PAUSE)
                    continue
                if self._session.generation != generation:
                    number, generation = 1, self._session.generation
                token = self._session.token
            body = {"session": token, "claim": number, "max": self._slots - running,
                    "waitSeconds": self._session.wait_max}
            try:
                if not token:
                    raise NotFound("there is no session now", "unknown_worker")
                answer = self._claims.call("POST", "/api/work/claim", body, safe=True, retries=Retries(total=0))
            except NotFound:
                self._session.register(generation, self._leaving.is_set)
                continue
            except PASSING as why:
                # The same claim again: what its answer would have brought is in the next one.
                self._over.wait(max(wait, why.retry_after or 0))
                wait = min(LONGEST_WAIT, 2 * wait)
                continue
            number, wait = number + 1, FIRST_WAIT
            self._begin(answer, token)

    def _begin(self, answer: Any, token: str) -> None:
        started = []
        with self._lock:
            # Of a session before: those jobs are not this worker's any more.
            if self._session.token != token:
                return
            for claimed in answer["jobs"]:
                attempt = Attempt(claimed)
                if attempt.fence not in self._attempts:
                    self._attempts[attempt.fence] = attempt
                    started.append(attempt)
            self._lease.hold(bool(self._attempts))
        for attempt in started:
            threading.Thread(target=self._run, args=(attempt,), name=f"callboard-{attempt.id}", daemon=True).start()
        self._follow(answer)

    def _beat(self) -> None:
        while not self._over.wait(self._session.heartbeat):
            generation = self._session.generation
            try:
                self._follow(self._session.renew())
            except NotFound:
                self._session.register(generation, self._over.is_set)
            except (Conflict, *PASSING) as why:
                log.warning("a heartbeat was not answered: %s", why)

    def _follow(self, news: Any) -> None:
        """What the scheduler says is to stop."""
        with self._lock:
            for stop in news["stop"]:
                attempt = self._attempts.get(int(stop["fence"]))
                if attempt is not None:
                    attempt.stop(stop["reason"])
        if news["drain"] and not self._leaving.is_set():
            log.info("the scheduler drains this worker")
            self.stop()

    def _watch(self) -> None:
        """Timeouts, and the lease."""
        while not self._over.wait(0.05):
            now = time.monotonic()
            with self._lock:
                running = [a for a in self._attempts.values() if not a.over]
                lost = bool(running) and self._lease.left() <= 0
                for attempt in running:
                    if lost:
                        attempt.stop("lost")
                    if attempt.soft_end is not None and now >= attempt.soft_end:
                        attempt.stop("soft_timeout")
                    if now >= attempt.deadline:
                        attempt.stop("timed_out")
                    if now >= attempt.deadline + self._session.kill_grace:
                        self._give_up(f"{attempt.id} neither ends nor stops")

    def _tell_news(self) -> None:
        while not self._over.wait(NEWS_PAUSE):
            with self._lock:
                attempts = [a for a in self._attempts.values() if not a.over]
            for attempt in attempts:
                self._tell_news_of(attempt)

    def _tell_news_of(self, attempt: Attempt) -> None:
        with attempt.telling:
            news = attempt.take_news()
            if not news:
                return
            try:
                self._follow(self._session.ask("progress", self._session.token, {**attempt.name(), **news}))
            except (NotFound, *PASSING):
                attempt.give_back(news)
            except CallboardError as why:
                log.warning("%s: the scheduler did not take its news: %s", attempt.id, why)

    def _tell_last_news_of(self, attempt: Attempt) -> None:
        """Until they are answered: what comes next is the outcome."""
        with attempt.telling:
            news = attempt.take_news()
            try:
                if news:
                    self._session.tell("progress", {**attempt.name(), **news}, self._over.is_set)
            except CallboardError as why:
                log.warning("%s: the scheduler did not take its last news: %s", attempt.id, why)

    # -- one attempt ----------------------------------------------------------------------------------------------------

    def _run(self, attempt: Attempt) -> None:
        what, body = self._outcome(attempt)
        with self._changed:
            attempt.over = True
            self._lease.hold(any(not a.over for a in self._attempts.values()))
            self._changed.notify_all()
        if attempt.stop_reason == "lost":
            # Others may run it by now. The scheduler hears that it has ended, in case that it is this worker's still.
            what, body = "release", {}
        self._tell_last_news_of(attempt)
        self._tell(what, {**attempt.name(), **body})
        with self._changed:
            self._attempts.pop(attempt.fence, None)
            self._changed.notify_all()

    def _outcome(self, attempt: Attempt) -> Any:
        if self._lease.left() <= 0 or self._leaving.is_set():
            return "release", {}
        try:
            result = self._functions[attempt.type](attempt)
            return "complete", {"result": result}
        except Stopped as why:
            if attempt.stop_reason in (None, "timed_out"):
                timed_out = attempt.stop_reason is not None or attempt.soft_timed_out
                return "release", {**({"reason": "timed_out"} if timed_out else {}), "message": str(why)}
            return "release", {"message": str(why)}
        except Snooze as why:
            return "release", {"afterSeconds": why.seconds, "message": why.message}
        except Failed as why:
            return "fail", {"code": why.code, "message": why.message, "retryable": why.retryable,
                            **({"retryAfterSeconds": why.retry_after} if why.retry_after is not None else {}),
                            **({"result": why.result} if why.result is not None else {})}
        except BaseException as why:  # pylint: disable=broad-except
            for line in traceback.format_exc().splitlines():
                attempt.log(line)
            return "fail", {"code": "HANDLER_EXCEPTION", "message": f"{type(why).__name__}: {why}"}

    def _tell(self, what: str, body: Dict[str, Any]) -> None:
        """An outcome that the scheduler refuses as it is, is a failure of the function."""
        try:
            self._session.tell(what, body, self._over.is_set)
        except (BadRequest, TooLarge, TypeError, ValueError, RecursionError) as why:
            fail = {"id": body["id"], "fence": body["fence"], "code": "BAD_RESULT", "message": str(why), "retryable": False}
            self._session.tell("fail", fail, self._over.is_set)
        except CallboardError as why:
            log.error("an outcome of %s cannot be told: %s", body["id"], why)

    def _held(self) -> List[Dict[str, Any]]:
        return [a.held() for a in self._attempts.values()]

    # -- signals --------------------------------------------------------------------------------------------------------

    def _take_signals(self) -> Dict[int, Any]:
        """In the main thread the worker leaves when it is told to end."""
        if threading.current_thread() is not threading.main_thread():
            return {}
        def note(*_: Any) -> None:
            self._signals += 1

        return {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
