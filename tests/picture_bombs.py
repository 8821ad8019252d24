"""Small pictures that cost a decoder a great deal: valid, and made for nothing else."""
import struct
import zlib


def webp(width, height):
    """One colour, without loss: 32 bytes whatever the size."""
    bits = []

    def put(value, count):
        bits.extend(value >> k & 1 for k in range(count))
    put(width - 1, 14)
    put(height - 1, 14)
    put(0, 1 + 3 + 1 + 1 + 1)  # no alpha, version, transform, cache or prefix image
    for _ in range(5):         # five prefix codes of one symbol, 0
        put(1, 1)
        put(0, 3)
    bits.extend([0] * (-len(bits) % 8))
    data = bytes(sum(bits[at + k] << k for k in range(8)) for at in range(0, len(bits), 8)) + b"\0" * 4
    chunk = b"\x2f" + data
    chunk += b"\0" * (len(chunk) & 1)
    body = b"WEBP" + b"VP8L" + struct.pack("<I", len(chunk)) + chunk
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg(width, height, scans):
    """A grey progressive picture of so many scans, each going over all of it for a few bytes."""
    def segment(marker, content):
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content
    blocks = ((width + 7) // 8) * ((height + 7) // 8)
    parts = [b"\xff\xd8", segment(0xdb, b"\0" + b"\1" * 64), segment(0xc2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"),
             segment(0xc4, b"\0" + bytes([1] + [0] * 15) + b"\0"), segment(0xc4, b"\x10" + bytes([1] + [0] * 15) + b"\xe0"),
             segment(0xda, b"\1\1\0\0\0\0") + b"\0" * ((blocks + 7) // 8)]
    runs = (blocks + 32766) // 32767
    bits = ("0" + "1" * 14) * runs
    bits += "1" * (-len(bits) % 8)
    empty = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    passes = 14
    for scan in range(scans - 1):
        coefficient, step = 1 + scan // passes, scan % passes
        low = passes - 1 - step
        high = 0 if step == 0 else low + 1
        parts.append(segment(0xda, b"\1\1\0" + bytes([coefficient, coefficient, high << 4 | low])) + empty)
    return b"".join(parts) + b"\xff\xd9"


def png(width, height, before_data=b""):
    """Transparent black; `before_data`: chunks (see chunk()) between the header and the picture."""
    rows = zlib.compressobj(9)
    row = b"\0" * (1 + 4 * width)
    data = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)) + before_data
            + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
