"""Who is trusted with what: certificates, and keys on their way."""
import json
import ssl
import subprocess
import unittest

from fake_store import FakeStore
from hostile import KEYS, SECRET, HostileTest
from test_stores import objects

GIVEN = json.dumps({"AccessKeyId": "AKIDFAKE", "SecretAccessKey": "s", "Token": "t",
                    "Expiration": "2099-01-01T00:00:00Z"}).encode()
LISTING = objects({}, [("data/a", 5)])


class Tls(HostileTest):

    def certificate(self, name, names, days=2):
        subprocess.run([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
            self.path(name + ".key"), "-out",
            self.path(name + ".pem"), "-days",
            str(days), "-subj", "/CN=x", "-addext", "subjectAltName=" + names
        ], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(name + ".pem"), self.path(name + ".key"))
        return context

    def test_a_store_is_believed_only_by_its_certificate(self):
        for name, names in (("own", "IP:127.0.0.1"), ("other", "DNS:other.example"), ("near", "DNS:127.0.0.1.example")):
            with FakeStore(answer=LISTING, tls=self.certificate(name, names)) as store:
                env = {**KEYS, "AWS_ENDPOINT_URL": store.endpoint}
                for flags, trusted in (([], False), (["--ca-cert",
                                                      self.path(name + ".pem")], name == "own"), (["--insecure"], True)):
                    with self.subTest(name, flags=flags):
                        before = len(store.requests)
                        self.attack("ls", "s3://bucket/data/", *flags, env=env, codes=(0, ) if trusted else (9, ), seconds=60)
                        self.assertEqual(len(store.requests) > before, trusted)
                self.attack("predict", store.endpoint, "x", codes=(9, ), seconds=60)
                self.attack("monitor", store.endpoint, "--once", codes=(9, ), seconds=60)

    def test_insecure_is_about_the_store_alone(self):
        """Every service that gives keys keeps being asked for its certificate."""
        services = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "/creds", "AWS_ENDPOINT_URL_STS": "", "ALIBABA_CLOUD_CREDENTIALS_URI": "/creds"
        }
        with FakeStore(answer=lambda *_: (200, [], GIVEN),
                       tls=self.certificate("other", "DNS:other.example")) as keys, FakeStore(answer=LISTING) as store:
            self.write("token", SECRET)
            for variable, path in services.items():
                env = {
                    "AWS_ENDPOINT_URL_S3": store.endpoint, variable: keys.endpoint + path,
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN": SECRET
                }
                if variable == "AWS_ENDPOINT_URL_STS":
                    env.update(AWS_ROLE_ARN="arn:aws:iam::1:role/x", AWS_WEB_IDENTITY_TOKEN_FILE=self.path("token"))
                scheme = "oss" if variable.startswith("ALIBABA") else "s3"
                for flags in ([], ["--insecure"]):
                    with self.subTest(variable, flags=flags):
                        self.attack("ls", f"{scheme}://bucket/data/", *flags, "--endpoint", store.endpoint, env=env, codes=(4, 9),
                                    seconds=120)
                        self.assertEqual(keys.requests, [])

    def test_tokens_travel_in_the_clear_only_on_this_machine(self):
        for host in ("127.evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "169.254.170.23.evil.example",
                     "0x7f.1.evil.example"):
            with self.subTest(host):
                self.attack(
                    "ls", "s3://bucket/data/", "--endpoint", "http://127.0.0.1:9", env={
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{host}:9/creds",
                        "AWS_CONTAINER_AUTHORIZATION_TOKEN": SECRET
                    }, codes=(4, 9), seconds=60)
                self.attack("serve", "m", "--host", host, codes=(2, 3, 4, 5, 7, 9))


if __name__ == "__main__":
    unittest.main()
