"""An Object Storage Service for the tests: OSS's protocol as help.aliyun.com describes it, in memory, threaded.

    with OssServer(keys={"id": "secret"}, buckets=["photos"]) as server: … server.endpoint …

Signatures of both versions, in headers and in URLs, are worked out here from the specification ("Include a V4
signature in the Authorization header", "Include V4 signatures in URLs", "Include a V1 signature …") and refused
when they differ. Every request is kept in server.requests. Buckets are found in the host (photos.oss-….com) or, on
an address, in the path; a path-style request to a named endpoint is refused as OSS does.
"""
import base64
import calendar
import datetime
import email.utils
import hashlib
import hmac
import http.server
import re
import threading
import time
import urllib.parse
import uuid
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

SMALLEST_PART = 100 * 1024
# Query items that are part of a V1 signature's resource, beside x-oss-… .
V1_SUBRESOURCES = set("""acl uploads location cors logging website referer lifecycle delete append tagging objectMeta
    uploadId partNumber security-token position img style styleName replication replicationProgress
    replicationLocation cname bucketInfo comp qos live status vod startTime endTime symlink callback callback-var
    restore stat policy versions versioning versionId sequential requestPayment encryption inventory inventoryId
    continuation-token worm wormId wormExtend regionList cloudboxes resourceGroup
    response-content-type response-content-language response-expires response-cache-control
    response-content-disposition response-content-encoding""".split())


class Refused(Exception):
    def __init__(self, status, code, message, ec="0000-00000000", **more):
        super().__init__(code)
        self.status, self.code, self.message, self.ec, self.more = status, code, message, ec, more


# --- CRC-64/XZ, by bytes, and of two pieces one after the other ---

def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0xC96C5795D7870F42 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _crc_table()
_known = {}


def crc64(data):
    digest = hashlib.sha1(data).digest()
    if digest not in _known:
        crc, table = 0xFFFFFFFFFFFFFFFF, _TABLE
        for byte in data:
            crc = table[(crc ^ byte) & 255] ^ (crc >> 8)
        _known[digest] = crc ^ 0xFFFFFFFFFFFFFFFF
    return _known[digest]


def _times(matrix, vector):
    total, row = 0, 0
    while vector:
        if vector & 1:
            total ^= matrix[row]
        vector >>= 1
        row += 1
    return total


def crc64_combine(first, second, second_size):
    """The CRC of A+B from those of A and B: A's is carried over as many zero bits as B has."""
    operator = [0xC96C5795D7870F42] + [1 << bit for bit in range(63)]
    bits = 8 * second_size
    while bits:
        if bits & 1:
            first = _times(operator, first)
        operator = [_times(operator, row) for row in operator]
        bits >>= 1
    return first ^ second


# --- Signatures ---

def quoted(text, keep=""):
    return urllib.parse.quote(text.encode("utf-8", "surrogateescape"), safe="-_.~" + keep)


def hmac256(key, text):
    return hmac.new(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()


def v4_signature(secret, request, date, region, product, additional, skip=()):
    """`skip`: query items that are not signed (the signature itself)."""
    items = {quoted(name): quoted(value) for name, value in request.query if name not in skip}
    query = "&".join(name + ("=" + items[name] if items[name] else "") for name in sorted(items))
    wanted = {name: value.strip() for name, value in request.headers.items()
              if name in ("content-type", "content-md5") or name.startswith("x-oss-") or name in additional}
    headers = "".join(f"{name}:{wanted[name]}\n" for name in sorted(wanted))
    resource = "/" if not request.bucket else f"/{request.bucket}/{request.key}"
    payload = request.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
    canonical = "\n".join([request.method, quoted(resource, "/"), query, headers, ";".join(sorted(additional)), payload])
    day = date[:8]
    text = "\n".join(["OSS4-HMAC-SHA256", date, f"{day}/{region}/{product}/aliyun_v4_request",
                      hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()])
    key = ("aliyun_v4" + secret).encode()
    for step in (day, region, product, "aliyun_v4_request"):
        key = hmac256(key, step)
    return hmac256(key, text).hex()


def v1_signature(secret, request, date):
    headers = "".join(f"{name}:{value.strip()}\n" for name, value in sorted(request.headers.items())
                      if name.startswith("x-oss-"))
    items = sorted({name: value for name, value in request.query
                    if name in V1_SUBRESOURCES or name.startswith("x-oss-")}.items())
    resource = "/" if not request.bucket else f"/{request.bucket}/{request.key}"
    if items:
        resource += "?" + "&".join(name + ("=" + value if value else "") for name, value in items)
    text = "\n".join([request.method, request.headers.get("content-md5", ""), request.headers.get("content-type", ""),
                      date, headers + resource])
    return base64.b64encode(hmac.new(secret.encode(), text.encode("utf-8", "surrogateescape"), hashlib.sha1).digest()).decode()


class Signed:
    """What a request says of its signature: version, presigned, id, date, region, product, additional, signature."""

    def __init__(self, request):
        query, headers = dict(request.query), request.headers
        authorization = headers.get("authorization", "")
        self.presigned, self.region, self.product, self.additional, self.expires = False, "", "", [], None
        self.token = headers.get("x-oss-security-token", "")
        if authorization.startswith("OSS4-HMAC-SHA256 "):
            fields = dict(part.strip().split("=", 1) for part in authorization[17:].split(","))
            if "AdditionalHeaders" in fields and not fields["AdditionalHeaders"]:
                raise Refused(400, "InvalidArgument", "AdditionalHeaders is empty.", "0002-00000209")
            self._scope(fields["Credential"])
            self.version, self.signature = 4, fields["Signature"]
            self.additional = [name for name in fields.get("AdditionalHeaders", "").split(";") if name]
            self.date = headers.get("x-oss-date", "")
            if not self.date:
                self.date = compact(http_seconds(headers.get("date", "")))
            if headers.get("x-oss-content-sha256") != "UNSIGNED-PAYLOAD":
                raise Refused(400, "InvalidArgument", "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.", "0002-00000214")
        elif authorization.startswith("OSS "):
            self.id, self.signature = authorization[4:].rsplit(":", 1)
            self.version, self.date = 1, headers.get("x-oss-date") or headers.get("date", "")
        elif "x-oss-signature" in query:
            self._scope(query["x-oss-credential"])
            self.version, self.presigned, self.signature, self.date = 4, True, query["x-oss-signature"], query["x-oss-date"]
            self.additional = [name for name in query.get("x-oss-additional-headers", "").split(";") if name]
            self.expires, self.token = int(query["x-oss-expires"]), query.get("x-oss-security-token", self.token)
        elif "Signature" in query:
            self.version, self.presigned, self.id, self.signature = 1, True, query["OSSAccessKeyId"], query["Signature"]
            self.date, self.expires, self.token = query["Expires"], int(query["Expires"]), query.get("security-token", self.token)
        else:
            raise Refused(403, "AccessDenied", "Anonymous access is forbidden for this operation.", "0003-00000001")

    def _scope(self, credential):
        self.id, _, self.region, self.product, last = credential.rsplit("/", 4)
        if last != "aliyun_v4_request":
            raise Refused(400, "InvalidArgument", "The credential is malformed.", "0002-00000202")

    def seconds(self):
        """When it was signed (presigned V1: when it ends)."""
        if self.version == 4:
            return calendar.timegm(time.strptime(self.date, "%Y%m%dT%H%M%SZ"))
        return int(self.date) if self.presigned else http_seconds(self.date)


def compact(seconds):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def http_seconds(text):
    when = email.utils.parsedate_to_datetime(text) if text else None
    if when is None:
        raise Refused(403, "AccessDenied", "OSS authentication requires a valid Date.", "0002-00000052")
    return when.timestamp()


def expected_signature(signed, request, secret):
    if signed.version == 4:
        return v4_signature(secret, request, signed.date, signed.region, signed.product, signed.additional,
                            ("x-oss-signature",) if signed.presigned else ())
    return v1_signature(secret, request, signed.date)


# --- The store ---

class Object:
    def __init__(self, data, headers, crc=None, etag=None):
        self.data, self.headers = data, headers
        self.crc = crc64(data) if crc is None else crc
        self.etag = etag or hashlib.md5(data).hexdigest().upper()
        self.time = time.time()


class Upload:
    def __init__(self, bucket, key, headers):
        self.bucket, self.key, self.headers, self.parts, self.time = bucket, key, headers, {}, time.time()


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.status, self.code = None, ""
        target = re.sub(r"^https?://[^/]*", "", target)  # as a proxy is asked
        path, _, query = target.partition("?")
        self.query = urllib.parse.parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
        self.items = dict(self.query)
        host = headers.get("host", "").rsplit(":", 1)[0]
        decoded = urllib.parse.unquote(path[1:], errors="surrogateescape")
        self.path_style = bool(re.fullmatch(r"[\d.]+|localhost|\[.*", host))
        if self.path_style:
            self.bucket, _, self.key = decoded.partition("/")
        elif host.startswith("oss"):
            if decoded:
                raise Refused(403, "SecondLevelDomainForbidden", "The bucket you are attempting to access must be "
                              "addressed using OSS third level domain.", "0003-00000905")
            self.bucket, self.key = "", ""
        else:
            self.bucket, self.key = host.split(".")[0], decoded


class OssServer:
    words = "x-oss-"  # before the names of its headers

    def __init__(self, keys, buckets=(), region="cn-hangzhou", token=None):
        self.keys, self.region, self.token = keys, region, token
        self.buckets = {name: {} for name in buckets}
        self.uploads, self.requests, self.lock = {}, [], threading.RLock()
        self.clock_offset = 0
        self.before = lambda request: None  # a test's fault: may raise Refused, or wait
        self.damage = lambda request, data: data  # of a body that is stored or sent
        handler = type("BoundHandler", (Handler,), {"owner": self})
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.http.server_port}"

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def seen(self, method, query_item=None):
        return [r for r in self.requests if r.method == method and (query_item is None or query_item in r.items)]

    def authorize(self, request):
        signed = request.signed = Signed(request)
        now = time.time() + self.clock_offset
        if signed.id not in self.keys:
            raise Refused(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records.",
                          "0002-00000902")
        if signed.version == 4 and (signed.region, signed.product) != (self.region, "oss"):
            raise Refused(400, "InvalidArgument", f"Invalid bucket region in authorization: {signed.region}.", "0002-00000217")
        wanted = expected_signature(signed, request, self.keys[signed.id])
        if not hmac.compare_digest(wanted, signed.signature):
            raise Refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature "
                          "you provided.", "0002-00000201")
        if self.token is not None and signed.token != self.token:
            raise Refused(403, "InvalidSecurityToken" if signed.token else "InvalidAccessKeyId", "The token is not valid.")
        if not signed.presigned and abs(signed.seconds() - now) > 900:
            raise Refused(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too "
                          "large.", "0002-00000504")
        if signed.presigned:
            if (signed.expires if signed.version == 1 else signed.seconds() + signed.expires) < now:
                raise Refused(403, "AccessDenied", "Request has expired.", "0002-00000069")

    def answer(self, request):
        """(status, headers, body) of a request that is authorized."""
        if not request.bucket:
            names = "".join(f"<Bucket><Name>{name}</Name><Location>oss-{self.region}</Location></Bucket>" for name in self.buckets)
            return xml(f"<ListAllMyBucketsResult><Buckets>{names}</Buckets></ListAllMyBucketsResult>")
        if request.bucket not in self.buckets and not (request.method == "PUT" and not request.key):
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist.", "0015-00000101")
        names = [(request.method, item) for item in ("uploads", "uploadId", "delete", "tagging", "acl", "location", "bucketInfo",
                                                     "stat", "append", "objectMeta", "restore", "symlink", "versions")
                 if item in request.items]
        kind = "object" if request.key else "bucket"
        find = [f"{kind}_{method}_{item}".lower() for method, item in names] + [f"{kind}_{request.method}".lower()]
        for name in find:
            if hasattr(self, name):
                return getattr(self, name)(request)
        raise Refused(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")

    # Buckets

    def bucket_put(self, request):
        self.buckets.setdefault(request.bucket, {})
        return 200, {}, b""

    def bucket_get_location(self, request):
        return xml(f"<LocationConstraint>oss-{self.region}</LocationConstraint>")

    def bucket_get_acl(self, request):
        return xml("<AccessControlPolicy><Owner><ID>1</ID><DisplayName>1</DisplayName></Owner><AccessControlList>"
                   "<Grant>private</Grant></AccessControlList></AccessControlPolicy>")

    object_get_acl = bucket_get_acl

    def bucket_get(self, request):
        items, objects = request.items, self.buckets[request.bucket]
        prefix, delimiter = items.get("prefix", ""), items.get("delimiter", "")
        second = items.get("list-type") == "2"
        after = items.get("continuation-token" if second else "marker", "")
        if second and after:
            after = base64.b64decode(after).decode("utf-8", "surrogateescape")
        after = max(after, items.get("start-after", ""))
        most, url = int(items.get("max-keys") or 100), items.get("encoding-type") == "url"
        name = (lambda text: quoted(text)) if url else escape
        entries = {}
        for key in objects:
            if key.startswith(prefix):
                at = key.find(delimiter, len(prefix)) if delimiter else -1
                entry = key if at < 0 else key[:at + len(delimiter)]
                if as_bytes(entry) > as_bytes(after):
                    entries[entry] = at >= 0
        shown = sorted(entries, key=as_bytes)
        cut = len(shown) > most
        shown = shown[:most]
        body = [f"<Name>{request.bucket}</Name><Prefix>{name(prefix)}</Prefix><MaxKeys>{most}</MaxKeys>"
                f"<Delimiter>{name(delimiter)}</Delimiter><IsTruncated>{str(cut).lower()}</IsTruncated>"]
        if url:
            body.append("<EncodingType>url</EncodingType>")
        if second:
            body.append(f"<KeyCount>{len(shown)}</KeyCount>")
        if cut and second:
            body.append(f"<NextContinuationToken>{base64.b64encode(as_bytes(shown[-1])).decode()}</NextContinuationToken>")
        elif cut:
            body.append(f"<NextMarker>{name(shown[-1])}</NextMarker>")
        for entry in shown:
            if not entries[entry]:
                there = objects[entry]
                body.append(f"<Contents><Key>{name(entry)}</Key><LastModified>{iso(there.time)}</LastModified>"
                            f"<ETag>\"{there.etag}\"</ETag><Type>Normal</Type><Size>{len(there.data)}</Size>"
                            "<StorageClass>Standard</StorageClass><Owner><ID>1</ID><DisplayName>1</DisplayName></Owner></Contents>")
        body += [f"<CommonPrefixes><Prefix>{name(entry)}</Prefix></CommonPrefixes>" for entry in shown if entries[entry]]
        return xml("<ListBucketResult>" + "".join(body) + "</ListBucketResult>")

    def bucket_get_uploads(self, request):
        url = request.items.get("encoding-type") == "url"
        found = sorted((upload.key, key, upload) for key, upload in self.uploads.items() if upload.bucket == request.bucket
                       and upload.key.startswith(request.items.get("prefix", "")))
        rows = "".join(f"<Upload><Key>{quoted(key) if url else escape(key)}</Key><UploadId>{identity}</UploadId>"
                       f"<Initiated>{iso(upload.time)}</Initiated></Upload>" for key, identity, upload in found)
        return xml(f"<ListMultipartUploadsResult><Bucket>{request.bucket}</Bucket>{'<EncodingType>url</EncodingType>' if url else ''}"
                   f"<MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>"
                   f"<NextKeyMarker></NextKeyMarker><NextUploadIdMarker></NextUploadIdMarker>{rows}</ListMultipartUploadsResult>")

    def bucket_post_delete(self, request):
        if request.headers.get("content-md5") != md5_base64(request.body):
            raise Refused(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
        root = ElementTree.fromstring(request.body)
        url = root.findtext("EncodingType") == "url" or request.items.get("encoding-type") == "url"
        keys = [entry.findtext("Key") for entry in root.iter("Object")]
        for key in keys:
            self.buckets[request.bucket].pop(key, None)
        if root.findtext("Quiet") == "true":
            return xml("<DeleteResult></DeleteResult>")
        return xml("<DeleteResult>" + "".join(f"<Deleted><Key>{quoted(key) if url else escape(key)}</Key></Deleted>" for key in keys)
                   + "</DeleteResult>")

    # Objects

    def described(self, there):
        return {"etag": f'"{there.etag}"', "x-oss-hash-crc64ecma": str(there.crc), "x-oss-object-type": "Normal",
                "last-modified": email.utils.formatdate(there.time, usegmt=True)}

    def find(self, request):
        there = self.buckets[request.bucket].get(request.key)
        if there is None:
            raise Refused(404, "NoSuchKey", "The specified key does not exist.", "0026-00000001", Key=request.key)
        if "if-match" in request.headers and request.headers["if-match"].strip('"') != there.etag:
            raise Refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
        return there

    def check_new(self, request):
        if request.headers.get("x-oss-forbid-overwrite") == "true" and request.key in self.buckets[request.bucket]:
            raise Refused(409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten.",
                          "0026-00000004")

    def body_of(self, request):
        if "content-md5" in request.headers and request.headers["content-md5"] != md5_base64(request.body):
            raise Refused(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
        return self.damage(request, request.body)

    def object_put(self, request):
        if "partNumber" in request.items:
            return self.put_part(request)
        self.check_new(request)
        if self.words + "copy-source" in request.headers:
            there = self.buckets[request.bucket][request.key] = self.copy_source(request)
            return self.copied("CopyObjectResult", there)
        there = self.buckets[request.bucket][request.key] = Object(self.body_of(request), kept_headers(request))
        return 200, self.described(there), b""

    def copy_source(self, request):
        said = {name[len(self.words):]: value for name, value in request.headers.items() if name.startswith(self.words)}
        bucket, _, key = urllib.parse.unquote(said["copy-source"], errors="surrogateescape").lstrip("/").partition("/")
        there = self.buckets.get(bucket, {}).get(key)
        if there is None:
            raise Refused(404, "NoSuchKey", "The specified key does not exist.")
        if said.get("copy-source-if-match", there.etag).strip('"') != there.etag:
            raise Refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
        first, last = said.get("copy-source-range", "bytes=0-")[6:].split("-")
        headers = kept_headers(request) if said.get("metadata-directive") == "REPLACE" else there.headers
        return Object(there.data[int(first):int(last) + 1 if last else None], headers)

    def copied(self, kind, there):
        return xml(f"<{kind}><ETag>\"{there.etag}\"</ETag><LastModified>{iso(there.time)}</LastModified></{kind}>", self.described(there))

    def object_post_append(self, request):
        there = self.buckets[request.bucket].get(request.key) or Object(b"", kept_headers(request))
        there = self.buckets[request.bucket][request.key] = Object(there.data + request.body, there.headers)
        return 200, dict(self.described(there), **{"x-oss-next-append-position": str(len(there.data))}), b""

    def object_put_tagging(self, request):
        return 200, {}, b""

    object_put_acl = object_put_symlink = object_post_restore = object_put_tagging

    def object_get_tagging(self, request):
        return xml("<Tagging><TagSet></TagSet></Tagging>")

    def object_get_symlink(self, request):
        return 200, {"x-oss-symlink-target": "target"}, b""

    def object_delete_tagging(self, request):
        return 204, {}, b""

    def object_head(self, request):
        there = self.find(request)
        return 200, dict(self.described(there), **there.headers, **{"content-length": str(len(there.data))}), b""

    def object_get(self, request):
        there = self.find(request)
        headers = dict(self.described(there), **there.headers)
        for name, value in request.query:
            if name.startswith("response-"):
                headers[name[9:]] = value
        data, status = there.data, 200
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
        if wanted and (wanted[1] or wanted[2]):
            first = int(wanted[1]) if wanted[1] else len(data) - int(wanted[2])
            last = min(int(wanted[2]) if wanted[1] and wanted[2] else len(data) - 1, len(data) - 1)
            if first < len(data):  # else OSS sends the whole, 200
                status, headers["content-range"] = 206, f"bytes {first}-{last}/{len(data)}"
                data = data[first:last + 1]
        return status, headers, self.damage(request, data)

    def object_delete(self, request):
        if "uploadId" in request.items:
            self.upload(request)
            del self.uploads[request.items["uploadId"]]
        else:
            self.buckets[request.bucket].pop(request.key, None)
        return 204, {}, b""

    # Multipart uploads

    def upload(self, request):
        found = self.uploads.get(request.items["uploadId"])
        if found is None or (found.bucket, found.key) != (request.bucket, request.key):
            raise Refused(404, "NoSuchUpload", "The specified multipart upload does not exist.", "0042-00000002")
        return found

    def object_post_uploads(self, request):
        self.check_new(request)
        identity = uuid.uuid4().hex.upper()
        self.uploads[identity] = Upload(request.bucket, request.key, kept_headers(request))
        url = request.items.get("encoding-type") == "url"
        return xml(f"<InitiateMultipartUploadResult><Bucket>{request.bucket}</Bucket>"
                   f"<Key>{quoted(request.key) if url else escape(request.key)}</Key><UploadId>{identity}</UploadId>"
                   "</InitiateMultipartUploadResult>")

    def put_part(self, request):
        upload = self.upload(request)
        copied = self.words + "copy-source" in request.headers
        part = self.copy_source(request) if copied else Object(self.body_of(request), {})
        upload.parts[int(request.items["partNumber"])] = part
        return self.copied("CopyPartResult", part) if copied else (200, self.described(part), b"")

    def object_get_uploadid(self, request):
        upload = self.upload(request)
        after, most = int(request.items.get("part-number-marker") or 0), int(request.items.get("max-parts") or 1000)
        left = sorted(number for number in upload.parts if number > after)
        rows = "".join(f"<Part><PartNumber>{number}</PartNumber><LastModified>{iso(upload.parts[number].time)}</LastModified>"
                       f"<ETag>\"{upload.parts[number].etag}\"</ETag><HashCrc64ecma>{upload.parts[number].crc}</HashCrc64ecma>"
                       f"<Size>{len(upload.parts[number].data)}</Size></Part>" for number in left[:most])
        return xml(f"<ListPartsResult><Bucket>{request.bucket}</Bucket><Key>{escape(request.key)}</Key>"
                   f"<UploadId>{request.items['uploadId']}</UploadId><NextPartNumberMarker>{(left[:most] or [0])[-1]}"
                   f"</NextPartNumberMarker><MaxParts>{most}</MaxParts><IsTruncated>{str(len(left) > most).lower()}</IsTruncated>"
                   f"{rows}</ListPartsResult>")

    def object_post_uploadid(self, request):
        upload = self.upload(request)
        self.check_new(request)
        named = [(int(part.findtext("PartNumber")), part.findtext("ETag").strip('"'))
                 for part in ElementTree.fromstring(request.body).iter("Part")]
        if [number for number, _ in named] != sorted({number for number, _ in named}):
            raise Refused(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
        for number, etag in named:
            if number not in upload.parts or upload.parts[number].etag != etag:
                raise Refused(400, "InvalidPart", "One or more of the specified parts could not be found.")
            if number != named[-1][0] and len(upload.parts[number].data) < SMALLEST_PART:
                raise Refused(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size.")
        parts = [upload.parts[number] for number, _ in named]
        crc = 0
        for part in parts:
            crc = crc64_combine(crc, part.crc, len(part.data))
        etag = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts)).hexdigest().upper() + f"-{len(parts)}"
        there = self.buckets[request.bucket][request.key] = Object(b"".join(part.data for part in parts), upload.headers, crc, etag)
        del self.uploads[request.items["uploadId"]]
        return xml(f"<CompleteMultipartUploadResult><Bucket>{request.bucket}</Bucket><ETag>\"{etag}\"</ETag>"
                   "</CompleteMultipartUploadResult>", self.described(there))


def as_bytes(text):
    return text.encode("utf-8", "surrogateescape")


def md5_base64(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def kept_headers(request):
    kept = {"content-type": request.headers.get("content-type", "application/octet-stream")}
    return dict(kept, **{name: value for name, value in request.headers.items()
                         if "-meta-" in name or name == "x-oss-storage-class"})


def xml(text, headers=None):
    return 200, dict(headers or {}, **{"content-type": "application/xml"}), \
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode("utf-8", "surrogateescape")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, owner, disable_nagle_algorithm = "HTTP/1.1", None, True
    wbufsize = 1 << 16

    def log_message(self, *_):
        pass

    def version_string(self):
        return "AliyunOSS"

    def body(self):
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        data = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def serve(self):
        owner = self.owner
        data = self.body()
        headers = {}
        for name, value in self.headers.items():
            headers[name.lower()] = value.encode("latin-1", "surrogateescape").decode("utf-8", "surrogateescape")
        request = None
        try:
            # Not self.path, from which Python removes a second slash at the front.
            request = Request(self.command, self.requestline.split(" ")[1], headers, data)
            with owner.lock:
                owner.requests.append(request)
            owner.before(request)
            owner.authorize(request)
            with owner.lock:
                status, out, body = owner.answer(request)
        except Refused as refused:
            if request is not None:
                request.code = refused.code
            fields = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in refused.more.items())
            _, out, body = xml(f"<Error><Code>{refused.code}</Code><Message>{refused.message}</Message><RequestId>{uuid.uuid4().hex}"
                               f"</RequestId><HostId>{headers.get('host', '')}</HostId>{fields}<EC>{refused.ec}</EC></Error>")
            status, out["x-oss-ec"] = refused.status, refused.ec
            if self.command == "HEAD":
                out["x-oss-err"] = base64.b64encode(body).decode()
        if request is not None:
            request.status = status
        self.send_response_only(status)
        out.setdefault("content-length", str(len(body)))
        out.update({"server": "AliyunOSS", "x-oss-request-id": uuid.uuid4().hex,
                    "date": email.utils.formatdate(time.time() + owner.clock_offset, usegmt=True)})
        if status == 204:
            del out["content-length"]
        for name, value in out.items():
            self.send_header(name, value.encode("utf-8", "surrogateescape").decode("latin-1"))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = serve
