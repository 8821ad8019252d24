"""What goes wrong between a user and a store: each with its message, remedy and exit code, and nothing half-written."""
import json
import os
import random
import shutil
import ssl
import subprocess
import unittest

import servers
from fake_store import FakeStore
from fault_proxy import FaultProxy, Faults
from s3_support import S3Test
from support import free_port, tree, until

MIB = 1 << 20


def error_body(code, message="no"):
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()


class Refused(S3Test):
    """RGW says no."""

    def refuse(self, code, *says, arguments=None, env=None):
        self.write("f", b"x")
        outcome = self.mlctl(*(arguments or ["upload", "f", self.url("k")]), code=code, env=env, timeout=120)
        self.assertSays(outcome, "error: ", *says)
        self.assertNotIn(servers.SECRET, outcome.err + outcome.out)
        self.assertEqual(self.keys(), [])
        self.assertFalse(os.path.exists(self.path("back")))
        return outcome

    def test_no_credentials(self):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del self.env[name]
        self.refuse(4, "hint: ")

    def test_wrong_secret(self):
        for arguments in (None, ["download", self.url("k"), "back"], ["ls", self.url()], ["rm", self.url("k")]):
            with self.subTest(arguments=arguments):
                self.refuse(4, "secret", "hint: ", arguments=arguments, env={"AWS_SECRET_ACCESS_KEY": "not the secret"})

    def test_unknown_key(self):
        self.refuse(4, "access key", "hint: ", env={"AWS_ACCESS_KEY_ID": "nobody"})

    def test_someone_else_s_bucket(self):
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": ["s3:PutObject"], "Resource": [f"arn:aws:s3:::{self.bucket}/*"]}]}))
        self.addCleanup(self.s3.delete_bucket_policy, Bucket=self.bucket)
        self.refuse(4, "write", self.url("k"), "hint: ")

    def test_no_such_bucket(self):
        for arguments in (["upload", "f", "s3://no-such-bucket-x/k"], ["ls", "s3://no-such-bucket-x/"],
                          ["download", "s3://no-such-bucket-x/k", "back"], ["rm", "s3://no-such-bucket-x/k"]):
            with self.subTest(arguments=arguments):
                self.refuse(5, "no-such-bucket-x", "hint: ", arguments=arguments)

    def test_no_such_object(self):
        self.refuse(5, self.url("nothing"), "hint: ", arguments=["download", self.url("nothing"), "back"])

    def test_illegal_bucket_names(self):
        for bucket in ("Capital", "ab", "a" * 64, "-dash", "under score", "üml"):
            with self.subTest(bucket=bucket):
                self.refuse(2, bucket, "hint: ", arguments=["upload", "f", f"s3://{bucket}/k"])
        self.refuse(2, "bucket", arguments=["upload", "f", "s3://"])

    def test_a_key_that_is_too_long(self):
        self.refuse(2, "too long", "1,024", arguments=["upload", "f", self.url("k" * 1025)])

    def test_quota_used_up(self):
        server = servers.start_rgw(quota_mib=1)
        self.addCleanup(server.stop)
        client = self.boto(server.endpoint)
        client.create_bucket(Bucket="small")
        self.write("f", random.Random(1).randbytes(700000))
        self.env["AWS_ENDPOINT_URL"] = server.endpoint
        self.mlctl("upload", "f", "s3://small/1")
        outcome = self.mlctl("upload", "f", "s3://small/2", code=12)
        self.assertSays(outcome, "quota", "hint: ")
        self.assertEqual([each["Key"] for each in client.list_objects_v2(Bucket="small")["Contents"]], ["1"])
        self.write("large", random.Random(1).randbytes(17 * MIB))
        self.mlctl("upload", "large", "s3://small/3", code=12)
        self.assertEqual([each["Key"] for each in client.list_objects_v2(Bucket="small")["Contents"]], ["1"])


class Said(S3Test):
    """Answers that no server here gives by itself."""

    def fake(self, answer):
        store = FakeStore(answer=answer).__enter__()
        self.addCleanup(store.__exit__)
        self.env["AWS_ENDPOINT_URL"] = store.endpoint
        self.write("f", b"x")
        return store

    def test_expired_token(self):
        self.fake(lambda *_: (400, [], error_body("ExpiredToken")))
        outcome = self.mlctl("upload", "f", self.url("k"), code=4, env={"AWS_SESSION_TOKEN": "old"})
        self.assertSays(outcome, "expired", "hint: ")

    def test_the_bucket_s_region_is_learned(self):
        store = self.fake(lambda method, path: (400, [("x-amz-bucket-region", "eu-west-1")],
                                                error_body("AuthorizationHeaderMalformed")) if len(store.requests) == 1 else None)
        self.mlctl("upload", "f", self.url("k"))

    def endpoints(self):
        root = self.path("cache/mlctl/endpoints")
        return [self.read(os.path.join(root, name)).decode() for name in os.listdir(root)] if os.path.isdir(root) else []

    def test_the_bucket_s_region_is_kept_for_the_next_command(self):
        region, used = ["eu-west-1"], []

        def answer(*_):
            used.append(store.signed[-1])
            if used[-1] != region[0]:
                return 400, [("x-amz-bucket-region", region[0])], error_body("AuthorizationHeaderMalformed")
            return None

        store = self.fake(answer)
        keep = {"AWS_SESSION_TOKEN": "sesame-token"}
        self.mlctl("upload", "f", self.url("k"), env=keep)
        self.assertEqual(used[0], "us-east-1")
        del used[:]
        self.mlctl("ls", self.url(), env=keep)
        self.assertEqual(set(used), {"eu-west-1"})
        file, = self.endpoints()
        for secret in (servers.ACCESS, servers.SECRET, "sesame-token"):
            self.assertNotIn(secret, file)
        region[0] = "ap-south-1"  # the bucket was made anew, elsewhere
        self.mlctl("ls", self.url(), env=keep)
        del used[:]
        self.mlctl("ls", self.url(), env=keep)
        self.assertEqual(set(used), {"ap-south-1"})

    def test_a_kept_region_that_is_wrong_is_given_up(self):
        region = ["eu-west-1"]
        store = self.fake(lambda *_: None if store.signed[-1] == region[0] else
                          (400, [("x-amz-bucket-region", region[0])], error_body("AuthorizationHeaderMalformed")))
        self.mlctl("ls", self.url())
        region[0] = "us-east-1"  # as the command is told; and this store does not say what was wrong
        store.answer = lambda *_: None if store.signed[-1] == "us-east-1" else (403, [], error_body("SignatureDoesNotMatch"))
        self.mlctl("ls", self.url())
        self.assertNotIn("eu-west-1", "".join(self.endpoints()))

    def test_that_a_store_ignores_checksums_is_kept(self):
        store = self.fake(None)
        self.mlctl("upload", "f", self.url("k"))
        self.assertIn("ignoresChecksums", self.endpoints()[0])
        self.write("large", b"f" * 20_000_000)
        del store.requests[:]
        self.mlctl("upload", "large", self.url("large"))
        self.assertEqual(len([each for each in store.requests if each[0] == "POST" and each[1].endswith("uploads=")]), 1)

    def test_what_is_known_already_is_not_written_again(self):
        self.fake(None)
        self.mlctl("upload", "f", self.url("k"))
        root = self.path("cache/mlctl/endpoints")
        before = {name: os.stat(os.path.join(root, name)).st_mtime_ns for name in os.listdir(root)}
        self.mlctl("upload", "f", self.url("k2"))
        self.assertEqual({name: os.stat(os.path.join(root, name)).st_mtime_ns for name in os.listdir(root)}, before)

    def test_a_region_that_stays_wrong(self):
        self.fake(lambda *_: (400, [], error_body("AuthorizationHeaderMalformed")))
        self.assertSays(self.mlctl("upload", "f", self.url("k"), code=4), "region", "--region")

    def test_another_endpoint(self):
        self.fake(lambda *_: (301, [], error_body("PermanentRedirect")))
        self.assertSays(self.mlctl("upload", "f", self.url("k"), code=9), "endpoint", "hint: ")

    def test_no_space_left_in_the_store(self):
        self.fake(lambda method, _: (507, [], error_body("XMinioStorageFull")) if method == "PUT" else None)
        self.assertSays(self.mlctl("upload", "f", self.url("k"), code=12), "full", "hint: ")

    def test_an_unknown_error_is_passed_on(self):
        self.fake(lambda *_: (400, [], error_body("OddCode", "odd message")))
        self.assertSays(self.mlctl("upload", "f", self.url("k"), code=1), "OddCode", "odd message")

    def test_html_instead_of_a_listing(self):
        self.fake(lambda *_: (200, [], b"<html>Welcome to the hotel's network</html>"))
        self.mlctl("ls", self.url(), code=9)


class Clock(S3Test):
    def test_a_clock_an_hour_off_is_corrected(self):
        if not shutil.which("faketime"):
            self.skipTest("faketime is not installed")
        self.write("f", b"x")
        for shift in ("-1h", "+1h"):
            with self.subTest(shift):
                import support
                done = subprocess.run(["faketime", "-f", shift, support.MLCTL, "upload", "f", self.url(f"k{shift}")],
                                      cwd=self.folder, env={**self.env, "NO_FAKE_STAT": "1"},  # not the files' times
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.get(f"k{shift}"), b"x")

    def test_a_clock_that_stays_wrong(self):
        store = FakeStore(answer=lambda *_: (403, [], error_body("RequestTimeTooSkewed"))).__enter__()
        self.addCleanup(store.__exit__)
        self.write("f", b"x")
        outcome = self.mlctl("upload", "f", self.url("k"), code=4, env={"AWS_ENDPOINT_URL": store.endpoint})
        self.assertSays(outcome, "clock", "hint: ")


class Network(S3Test):
    def test_nobody_answers(self):
        self.write("f", b"x")
        address = f"127.0.0.1:{free_port()}"
        outcome = self.mlctl("upload", "f", self.url("k"), code=9, env={"AWS_ENDPOINT_URL": f"http://{address}"}, timeout=120)
        self.assertSays(outcome, address, "refused", "hint: ")

    def test_a_name_nobody_has(self):
        self.write("f", b"x")
        outcome = self.mlctl("upload", "f", self.url("k"), code=9, timeout=120, env={"AWS_ENDPOINT_URL": "http://no.such.invalid"})
        self.assertSays(outcome, "no.such.invalid", "hint: ")

    def test_an_endpoint_that_is_no_url(self):
        self.write("f", b"x")
        self.mlctl("upload", "f", self.url("k"), "--endpoint", "ftp://somewhere", code=2)

    def secure(self, names):
        os.mkdir(self.path("tls"))
        certificate = servers.make_certificate(self.path("tls"), names)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, self.path("tls/key.pem"))
        store = FakeStore(tls=tls).__enter__()
        self.addCleanup(store.__exit__)
        self.write("f", b"x")
        self.env["AWS_ENDPOINT_URL"] = store.endpoint
        return certificate

    def test_a_certificate_for_another_name(self):
        certificate = self.secure("DNS:store.example")
        outcome = self.mlctl("upload", "f", self.url("k"), "--ca-cert", certificate, code=9)
        self.assertSays(outcome, "certificate", "127.0.0.1", "mismatch", "hint: ")
        self.mlctl("upload", "f", self.url("k"), "--insecure")

    def test_an_unknown_authority(self):
        certificate = self.secure("IP:127.0.0.1")
        self.assertSays(self.mlctl("upload", "f", self.url("k"), code=9), "certificate", "--ca-cert")
        self.mlctl("upload", "f", self.url("k"), "--ca-cert", certificate)
        self.mlctl("upload", "f", self.url("k"), code=0, env={"AWS_CA_BUNDLE": certificate})

    def test_tls_where_there_is_none(self):
        self.write("f", b"x")
        self.mlctl("upload", "f", self.url("k"), code=9, env={"AWS_ENDPOINT_URL": self.endpoint.replace("http:", "https:")},
                   timeout=120)


class Sources(S3Test):
    """Files that change while they are read."""

    def start_slowly(self, change):
        """Uploads a large file over a slow line and changes it on the way: (exit code, what was said)."""
        self.write("f", random.Random(1).randbytes(192 * MIB))
        with FaultProxy(self.server.endpoint, Faults(delay=(0.3, 0.4))) as proxy:
            self.env["AWS_ENDPOINT_URL"] = proxy.endpoint
            process = self.start_mlctl("upload", "f", self.url("k"))
            self.assertTrue(until(lambda: len(proxy.sent("PUT")) >= 2 or process.poll() is not None, 60))
            change()
            _, said = process.communicate(timeout=120)
        self.assertEqual(self.keys(), [])
        return process.returncode, said.decode()

    def test_a_file_that_shrinks(self):
        code, said = self.start_slowly(lambda: os.truncate(self.path("f"), 30 * MIB))
        self.assertEqual(code, 6, said)
        self.assertIn("changed", said)

    def test_a_file_that_grows(self):
        def grow():
            with open(self.path("f"), "ab") as file:
                file.write(b"more")
        code, said = self.start_slowly(grow)
        self.assertEqual(code, 6, said)

    def test_a_file_that_vanishes(self):
        code, said = self.start_slowly(lambda: os.remove(self.path("f")))
        self.assertEqual(code, 5, said)

    def test_an_object_replaced_while_it_comes(self):
        self.put("k", random.Random(1).randbytes(128 * MIB))
        with FaultProxy(self.server.endpoint, Faults(delay=(0.3, 0.4))) as proxy:
            self.env["AWS_ENDPOINT_URL"] = proxy.endpoint
            process = self.start_mlctl("download", self.url("k"), "back", "--limit-rate", "8M")
            self.assertTrue(until(lambda: len(proxy.sent("GET", "/k")) >= 4 or process.poll() is not None, 60))
            self.put("k", random.Random(2).randbytes(64 * MIB))
            _, said = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 6, said)
        self.assertFalse(os.path.exists(self.path("back")))
        self.env["AWS_ENDPOINT_URL"] = self.endpoint
        self.mlctl("download", self.url("k"), "back")
        self.assertTrue(self.read("back") == random.Random(2).randbytes(64 * MIB))


class Disks(S3Test):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("small"))
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", self.path("small")], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("mounting a small disk needs root")
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("small")])

    def test_a_full_disk(self):
        for size in (14 * MIB, 40 * MIB):
            with self.subTest(size=size):
                self.put("k", random.Random(1).randbytes(size))
                outcome = self.mlctl("download", self.url("k"), "small/back", code=12)
                self.assertSays(outcome, "space", "small")
                self.assertFalse(os.path.exists(self.path("small/back")))
                for name in os.listdir(self.path("small")):
                    os.remove(self.path("small", name))

    def test_many_objects_on_a_full_disk(self):
        for number in range(20):
            self.put(f"in/{number:02d}", random.Random(number).randbytes(MIB))
        self.mlctl("download", self.url("in"), "small/in", code=12)
        for name, digest in tree(self.path("small/in")).items():
            if not name.startswith("."):
                self.put("check", b"")
                with open(self.path("small/in", name), "rb") as file:
                    self.assertEqual(file.read(), random.Random(int(name)).randbytes(MIB))


if __name__ == "__main__":
    unittest.main()
