"""How it feels: what a newcomer types, and what he is told. Against MinIO's manners too, where Ceph's differ."""
import time
import unittest

from fake_store import FakeStore
from support import ProjectTest, free_port


class Mistyped(ProjectTest):
    """An address where no store is: said at once."""

    def setUp(self):
        super().setUp()
        for name in [name for name in self.env if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
            del self.env[name]
        self.env.update(AWS_ACCESS_KEY_ID="k", AWS_SECRET_ACCESS_KEY="s", AWS_EC2_METADATA_DISABLED="true")

    def gives_up(self, endpoint, *says, env=None):
        begun = time.monotonic()
        outcome = self.mlctl("ls", "s3://bucket", "--endpoint", endpoint, code=9, env=env)
        for each in says:
            self.assertIn(each, outcome.err)
        # 20 to 36 seconds it was, with as many tries as for a store in trouble
        self.assertLess(time.monotonic() - begun, 10)

    def test_nobody_listens(self):
        self.gives_up(f"http://127.0.0.1:{free_port()}", "cannot reach 127.0.0.1:", "Connection refused", "check the endpoint")

    def test_https_to_a_server_that_speaks_http(self):
        with FakeStore() as store:
            self.gives_up(store.endpoint.replace("http:", "https:"), "it does not speak TLS", "check the endpoint")

    def test_a_proxy_that_wants_a_password(self):
        refusal = (407, (), b"")
        with FakeStore(answer=lambda method, path: refusal) as proxy:
            self.gives_up("https://127.0.0.1:1", "407", f"HTTPS_PROXY=http://USER:PASSWORD@127.0.0.1:{proxy.port}",
                          env={"HTTPS_PROXY": proxy.endpoint})


if __name__ == "__main__":
    unittest.main()
