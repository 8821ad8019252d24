"""Google Cloud Storage's XML API for the tests, as cloud.google.com/storage/docs describes it: oss_server.py's store with
Google's signature (GOOG4-HMAC-SHA256), CRC32C and generations. HMAC keys only; as at Google, a request that mixes
x-amz-… and x-goog-… headers is refused, and completing a multipart upload takes no condition."""
import base64
import calendar
import email.utils
import hashlib
import hmac
import time

from oss_server import OssServer, Refused, as_bytes, hmac256, quoted


def _table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE, _known = _table(), {}


def crc32c(data):
    digest = hashlib.sha1(data).digest()
    if digest not in _known:
        crc, table = 0xFFFFFFFF, _TABLE
        for byte in data:
            crc = table[(crc ^ byte) & 255] ^ (crc >> 8)
        _known[digest] = crc ^ 0xFFFFFFFF
    return _known[digest]


def crc32c_base64(data):
    return base64.b64encode(crc32c(data).to_bytes(4, "big")).decode()


def signing_key(secret, day, region):
    key = ("GOOG4" + secret).encode()
    for step in (day, region, "storage", "goog4_request"):
        key = hmac256(key, step)
    return key


def signature(secret, request, names, date, scope):
    query = "&".join(sorted(f"{quoted(name)}={quoted(value)}" for name, value in request.query if name != "X-Goog-Signature"))
    headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in names)
    resource = f"/{request.bucket}" + (f"/{quoted(request.key, '/')}" if request.key else "")
    canonical = "\n".join([request.method, resource, query, headers, ";".join(names),
                           request.headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD")])
    text = "\n".join(["GOOG4-HMAC-SHA256", date, scope, hashlib.sha256(as_bytes(canonical)).hexdigest()])
    day, region = scope.split("/")[:2]
    return hmac256(signing_key(secret, day, region), text).hex()


class GcsServer(OssServer):
    words = "x-goog-"

    def authorize(self, request):
        authorization = request.headers.get("authorization", "")
        if any(name.startswith("x-amz-") for name in request.headers):
            raise Refused(400, "ExcessHeaderValues", "x-amz-… and x-goog-… headers cannot be mixed.")
        request.presigned = "X-Goog-Signature" in request.items
        if request.presigned:
            return self.authorize_link(request)
        if not authorization.startswith("GOOG4-HMAC-SHA256 "):
            raise Refused(403, "AccessDenied", "Access denied.")
        fields = dict(part.strip().split("=", 1) for part in authorization[18:].split(","))
        identity, scope = fields["Credential"].split("/", 1)
        if identity not in self.keys:
            raise Refused(403, "InvalidAccessKeyId", "The provided access ID does not exist.")
        names = fields["SignedHeaders"].split(";")
        unsigned = [name for name in request.headers if (name.startswith("x-goog-") or name == "host") and name not in names]
        wanted = signature(self.keys[identity], request, names, request.headers["x-goog-date"], scope)
        if unsigned or not hmac.compare_digest(wanted, fields["Signature"]):
            raise Refused(403, "SignatureDoesNotMatch", "Access denied.")
        told = request.headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD")
        if told != "UNSIGNED-PAYLOAD" and told != hashlib.sha256(request.body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch", "The content SHA-256 you specified did not match what we received.")

    def authorize_link(self, request):
        items = request.items
        if items["X-Goog-Algorithm"] != "GOOG4-HMAC-SHA256" or not 0 < int(items["X-Goog-Expires"]) <= 7 * 24 * 3600:
            raise Refused(400, "InvalidArgument", "Invalid argument.")
        identity, scope = items["X-Goog-Credential"].split("/", 1)
        if identity not in self.keys:
            raise Refused(403, "InvalidAccessKeyId", "The provided access ID does not exist.")
        wanted = signature(self.keys[identity], request, items["X-Goog-SignedHeaders"].split(";"), items["X-Goog-Date"], scope)
        if not hmac.compare_digest(wanted, items["X-Goog-Signature"]):
            raise Refused(403, "SignatureDoesNotMatch", "Access denied.")
        signed = calendar.timegm(time.strptime(items["X-Goog-Date"], "%Y%m%dT%H%M%SZ"))
        if signed + int(items["X-Goog-Expires"]) < time.time() + self.clock_offset:
            raise Refused(400, "ExpiredToken", "The provided token has expired.")

    def check_new(self, request):
        if request.method == "PUT" and request.headers.get("x-goog-if-generation-match") == "0" \
                and request.key in self.buckets[request.bucket]:
            raise Refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")

    def body_of(self, request):
        data = super().body_of(request)
        told = request.headers.get("x-goog-hash", "")
        if told and told != "crc32c=" + crc32c_base64(data):
            raise Refused(400, "BadDigest", "The CRC32C you specified did not match what we received.")
        return data

    def bucket_post_delete(self, request):
        raise Refused(400, "InvalidArgument", "Invalid argument.")

    def put_part(self, request):
        if self.words + "copy-source" in request.headers:  # Google's parts are not copied
            raise Refused(400, "InvalidArgument", "Invalid argument.")
        return super().put_part(request)

    def described(self, there):
        return {"etag": f'"{there.etag}"', "x-goog-hash": "crc32c=" + crc32c_base64(there.data),
                "x-goog-generation": str(int(there.time * 1e6)), "last-modified": email.utils.formatdate(there.time, usegmt=True),
                "x-goog-stored-content-length": str(len(there.data)), "date": email.utils.formatdate(time.time(), usegmt=True)}
