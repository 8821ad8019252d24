"""Bends specimens at random, in their bytes or in their values; the same seed gives the same inputs."""
import copy
import json
import random
import struct

PIECES = (b"\x00", b"\xff", b"\x7f", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"99999999999999999999", b"-1", b"1e999", b"NaN",
          b"../../", b"%n", b"\x1b[31m", b"\xed\xa0\x80", b"{", b"[", b'"', b"\r\n", b",", b"\\u0000", b"&a;", b"*a")
VALUES = (None, True, 0, -1, 2**31, 2**62, 2**63 - 1, -2**63, 2**64 - 1, 1e308, 0.5, "", "x", "\0", "../x", "\x1b[31m", "9" * 400,
          "€", [], {}, [[]], [None], {"a": 1}, [1] * 300)
WORDS = ("<I", ">I", "<H", ">H", "<Q", ">Q")


class Mutator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def bytes(self, content):
        content = bytearray(content or b"\0")
        for _ in range(self.random.choice((1, 1, 1, 2, 4, 12))):
            # Structure is mostly at the front.
            at = self.random.randrange(len(content) if self.random.random() < 0.6 else min(len(content), 64))
            self.random.choice((self.flip, self.replace, self.insert, self.cut, self.repeat, self.number))(content, at)
            if not content:
                content = bytearray(b"\0")
        return bytes(content)

    def flip(self, content, at):
        content[at] ^= 1 << self.random.randrange(8)

    def replace(self, content, at):
        piece = self.random.choice(PIECES)
        content[at:at + len(piece)] = piece

    def insert(self, content, at):
        content[at:at] = self.random.choice(PIECES) * self.random.choice((1, 1, 1, 8))

    def cut(self, content, at):
        del content[at:self.random.choice((at + 1, at + 8, at + 100, len(content)))]

    def repeat(self, content, at):
        content[at:at] = content[at:at + self.random.choice((1, 16, 256))] * self.random.choice((1, 2, 50))

    def number(self, content, at):
        word = self.random.choice(WORDS)
        packed = struct.pack(
            word,
            self.random.choice(
                (0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, 1 << 62)) & (1 << 8 * struct.calcsize(word)) - 1)
        content[at:at + len(packed)] = packed

    def document(self, document):
        """One to three values replaced, left out, doubled or swapped."""
        document = copy.deepcopy(document)
        for _ in range(self.random.choice((1, 1, 2, 3))):
            places = list(self.places(document))
            if not places:
                break
            around, key = self.random.choice(places)
            how = self.random.random()
            if how < 0.15:
                del around[key]
            elif how < 0.3 and type(around[key]) in (int, float):
                around[key] = self.random.choice((around[key] + 1, -around[key], around[key] * 1000, 2**40))
            elif how < 0.4:
                other, at = self.random.choice(places)
                if at in other if isinstance(other, dict) else at < len(other):
                    around[key] = copy.deepcopy(other[at])
            elif how < 0.5 and isinstance(around, list):
                around[:] = around * 3
            else:
                around[key] = copy.deepcopy(self.random.choice(VALUES))
        return document

    def places(self, value):
        for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            yield value, key
            yield from self.places(value[key])

    def text(self, document):
        """Of a document bent in its values, or in its bytes."""
        if self.random.random() < 0.7:
            return json.dumps(self.document(document), indent=1).encode()
        return self.bytes(json.dumps(document, indent=1).encode())
