import json
import threading
import time
import unittest
from http.client import HTTPConnection
from typing import Any

from function_error import FunctionError
from serve_functions import Call, CallerGone, FunctionServer, GameFunction

ACCEPTS_EVENTS = {"accept": "text/event-stream, application/x-ndjson, application/json"}


def echo(payload: Any, call: Call) -> Any:
    if payload == "refuse":
        raise FunctionError(412, "not now")
    call.progress(50, "half")
    call.log("nearly")
    if payload == "break off":
        raise FunctionError(404, "gone")
    return {"payload": payload}


class ServeFunctions(unittest.TestCase):
    def setUp(self) -> None:
        self.began = threading.Event()
        self.finish = threading.Event()
        self.left = threading.Event()
        functions = [
            GameFunction("echo", "1.0.0", "Answer what was sent", echo),
            GameFunction("wait", "1.0.0", "Answer when told to", self.wait),
            GameFunction("endless", "1.0.0", "Never answer", self.endless),
        ]
        self.server = FunctionServer(("127.0.0.1", 0), functions)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        self.connection = HTTPConnection("127.0.0.1", self.server.server_address[1], timeout=30)

    def tearDown(self) -> None:
        self.finish.set()
        self.server.shutdown()
        self.thread.join()
        self.connection.close()

    def serve(self) -> None:
        with self.server:
            self.server.serve_forever(poll_interval=0.01)

    def wait(self, _payload: Any, _call: Call) -> Any:
        self.began.set()
        self.finish.wait(30)
        return "finished"

    def endless(self, _payload: Any, call: Call) -> Any:
        try:
            while True:
                call.progress(1)
                self.began.set()
                time.sleep(0.001)
        except (CallerGone, ConnectionError):
            self.left.set()
            raise

    def post(self, path: str, body: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        self.connection.request("POST", path, body, headers or {})
        response = self.connection.getresponse()
        return response.status, response.read().decode()

    def test_the_manifest_tells_about_each_function(self) -> None:
        self.connection.request("GET", "/croupier/manifest.json")
        manifest = json.loads(self.connection.getresponse().read())
        self.assertEqual(
            manifest["functions"][0],
            {
                "id": "echo",
                "version": "1.0.0",
                "summary": "Answer what was sent",
                "tags": [],
                "risk": "low",
                "http": "POST /functions/echo",
            },
        )

    def test_calls_are_answered_on_one_connection(self) -> None:
        for number in (1, 2):
            status, body = self.post("/functions/echo", json.dumps({"number": number}))
            self.assertEqual((status, json.loads(body)), (200, {"payload": {"number": number}}))

    def test_errors(self) -> None:
        cases = [
            ("/functions/other", "{}", 404, "there is nothing at /functions/other"),
            ("/functions/echo", "{", 400, "the body is not JSON"),
            ("/functions/echo", '"refuse"', 412, "not now"),
        ]
        for path, body, status, message in cases:
            with self.subTest(path=path, body=body):
                answered, answer = self.post(path, body)
                self.assertEqual((answered, json.loads(answer)), (status, {"error": message}))

    def test_a_body_that_is_too_long_is_not_read(self) -> None:
        self.connection.putrequest("POST", "/functions/echo")
        self.connection.putheader("content-length", str(2**30))
        self.connection.endheaders()
        self.assertEqual(self.connection.getresponse().status, 413)

    def test_the_events_of_a_job_come_line_by_line(self) -> None:
        ends = [
            ("hello", {"type": "done", "progress": 100, "payload": {"payload": "hello"}}),
            ("break off", {"type": "error", "message": "gone"}),
        ]
        for payload, end in ends:
            with self.subTest(payload=payload):
                _, body = self.post("/functions/echo", json.dumps(payload), ACCEPTS_EVENTS)
                events = [json.loads(line) for line in body.splitlines()]
                progress = {"type": "progress", "progress": 50, "message": "half"}
                self.assertEqual(events, [progress, {"type": "log", "message": "nearly"}, end])

    def test_a_function_learns_that_its_caller_went_away(self) -> None:
        self.connection.request("POST", "/functions/endless", "", {})
        self.assertTrue(self.began.wait(30))
        self.connection.close()
        self.assertTrue(self.left.wait(30))

    def test_a_call_under_way_is_finished_when_the_server_ends(self) -> None:
        idle = HTTPConnection("127.0.0.1", self.server.server_address[1], timeout=30)
        idle.request("GET", "/croupier/manifest.json")
        idle.getresponse().read()
        self.connection.request("POST", "/functions/wait", "")
        self.assertTrue(self.began.wait(30))

        self.server.shutdown()
        self.finish.set()

        self.assertEqual(self.connection.getresponse().read(), b'"finished"')
        self.thread.join(30)
        self.assertFalse(self.thread.is_alive())
        idle.close()


if __name__ == "__main__":
    unittest.main()
