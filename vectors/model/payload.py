#!/usr/bin/env python3
"""Independent model of the MCIM payload: docs/operator-change.md, clause 2, the TLVs 01 to 04 and 10 to 18.

    payload.py write    make ../payload.json
    payload.py check    the file is what the model makes, and its own reader agrees with each vector

OPc, TOPc and the answers to a challenge come from aka_model.py. Every random value comes from SHAKE-256 over
the vector's name, so a run gives the same octets.
"""

import hashlib
import json
import pathlib
import sys

import aka_model

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "payload.json"


class Stream:
    def __init__(self, name):
        self.name, self.count = name, 0

    def __call__(self, length):
        self.count += 1
        return hashlib.shake_256(f"payload 1|{self.name}|{self.count}".encode()).digest(length)


def tlv(tag, value):
    return bytes([tag]) + len(value).to_bytes(2, "big") + value


def algorithm_fields(given):
    """TLV 12 to 16 of the keys."""
    number = {"milenage": 1, "tuak": 2}[given["alg"]]
    fields = {0x12: given["k"], 0x13: bytes([number]), 0x14: given["opc" if number == 1 else "topc"]}
    if number == 2:
        lengths = [len(given["k"])] + [given["lengths"][name] // 8 for name in ("mac", "res", "ck", "ik")]
        fields[0x16] = bytes([given["keccak_iterations"]] + lengths)
    return fields


def payload_fields(name, given):
    stream = Stream(name + "|names")
    tre_id = "urn:x-rehome:tre:acme:" + stream(16).hex()
    fields = {
        0x01: tre_id.encode(), 0x02: stream(16), 0x03: stream(32), 0x04: b"001-02",
        0x10: stream(16), 0x11: b"00102" + str(int.from_bytes(stream(4), "big")).zfill(10).encode(),
        0x17: (600).to_bytes(4, "big"), 0x18: (300).to_bytes(4, "big"),
    }
    fields.update(algorithm_fields(given))
    return fields


def encode(fields):
    return b"".join(tlv(tag, fields[tag]) for tag in sorted(fields))


def tuak(name, k_octets, res, iterations):
    stream = Stream(name)
    given = {"alg": "tuak", "k": stream(k_octets), "top": stream(32), "keccak_iterations": iterations,
             "lengths": {"mac": 64, "res": res, "ck": 128, "ik": 128}}
    return challenged(given, stream)


def milenage(name):
    stream = Stream(name)
    return challenged({"alg": "milenage", "k": stream(16), "op": stream(16)}, stream)


def challenged(given, stream):
    given.update(rand=stream(16), sqn=stream(6), amf=bytes.fromhex("8000"))
    done = aka_model.derive(given)
    wanted = ("alg", "k", "op", "opc", "top", "topc", "lengths", "keccak_iterations", "rand", "sqn", "amf",
              "autn", "xres", "ck", "ik", "auts")
    return {key: done[key] for key in wanted if key in done}


def good():
    yield "milenage", milenage("milenage")
    for k_octets in (16, 32):
        for res in (32, 64, 128):
            for iterations in (1, 2, 255):
                name = f"tuak-k{8 * k_octets}-res{res}-iterations{iterations}"
                yield name, tuak(name, k_octets, res, iterations)


# One fault each, in a payload that is right otherwise. The codes are of clause 2.
def faults():
    tuak_given, milenage_given = tuak("refused-tuak", 32, 64, 1), milenage("refused-milenage")
    short = tuak("refused-tuak-short", 16, 64, 1)

    def tuak_with(tag, value, given=tuak_given):
        fields = payload_fields("refused", given)
        fields.pop(tag) if value is None else fields.update({tag: value})
        return encode(fields)

    def milenage_with(tag, value):
        return tuak_with(tag, value, milenage_given)

    right = bytes([1, 32, 8, 8, 16, 16])
    for name, at, value, code in (
        ("no-iterations", 0, 0, "malformed"),
        ("k-shorter-than-said", 1, 16, "malformed"),
        ("k-of-24", 1, 24, "malformed"),
        ("mac-of-128-bits", 2, 16, "length-unsupported"),
        ("mac-of-no-bits", 2, 0, "length-unsupported"),
        ("res-of-256-bits", 3, 32, "length-unsupported"),
        ("res-of-24-bits", 3, 3, "length-unsupported"),
        ("ck-of-256-bits", 4, 32, "length-unsupported"),
        ("ik-of-256-bits", 5, 32, "length-unsupported"),
        ("ik-of-64-bits", 5, 8, "length-unsupported"),
    ):
        yield name, code, tuak_with(0x16, right[:at] + bytes([value]) + right[at + 1:])
    yield "lengths-cut-short", "malformed", tuak_with(0x16, right[:5])
    yield "lengths-too-long", "malformed", tuak_with(0x16, right + b"\x00")
    yield "lengths-absent", "malformed", tuak_with(0x16, None)
    yield "lengths-with-milenage", "malformed", milenage_with(0x16, right)
    yield "constants-with-tuak", "malformed", tuak_with(0x15, bytes(85))
    yield "topc-of-16-octets", "malformed", tuak_with(0x14, bytes(16))
    yield "opc-of-32-octets", "malformed", milenage_with(0x14, bytes(32))
    yield "k-of-32-octets-for-milenage", "malformed", milenage_with(0x12, bytes(32))
    yield "k-longer-than-said", "malformed", tuak_with(0x12, bytes(32), short)
    yield "no-such-algorithm", "algorithm-unsupported", tuak_with(0x13, b"\x03")
    yield "algorithm-of-two-octets", "malformed", tuak_with(0x13, b"\x00\x02")


def document():
    vectors = []
    for name, given in good():
        fields = payload_fields(name, given)
        vectors.append({"name": name, **aka_model.hexed(given), "tre_id": fields[0x01].decode(),
                        "imsi": fields[0x11].decode(), "mcim_id": fields[0x10].hex(),
                        "payload": encode(fields).hex()})
    refused = [{"name": name, "code": code, "payload": octets.hex()} for name, code, octets in faults()]
    return {
        "title": "MCIM payloads of the operator change",
        "sources": ["docs/operator-change.md, clause 2", "3GPP TS 35.206 and 35.231 for OPc, TOPc and the answers"],
        "notes": "Made by model/payload.py; all values are hex but names, digits and identities. lengths are bits.",
        "vectors": vectors,
        "refused": refused,
    }


def read(octets):
    """The TLVs by their tags; order and ends are checked."""
    fields, at, last = {}, 0, 0
    while at < len(octets):
        tag, length = octets[at], int.from_bytes(octets[at + 1:at + 3], "big")
        value = octets[at + 3:at + 3 + length]
        assert tag > last and len(value) == length
        fields[tag], last, at = value, tag, at + 3 + length
    return fields


def answers(fields, vector):
    """AUTN and XRES that follow from the octets alone."""
    k, rand = fields[0x12], bytes.fromhex(vector["rand"])
    if fields[0x13] == b"\x01":
        algorithm = aka_model.Milenage(k, opc=fields[0x14])
    else:
        iterations, key, *octets = fields[0x16]
        assert key == len(k)
        lengths = dict(zip(("mac", "res", "ck", "ik"), (8 * n for n in octets)))
        algorithm = aka_model.Tuak(k, lengths, iterations, topc=fields[0x14])
    sqn, amf = bytes.fromhex(vector["sqn"]), bytes.fromhex(vector["amf"])
    xres, _, _, ak = algorithm.f2345(rand)
    return aka_model.autn(sqn, ak, amf, algorithm.f1(rand, sqn, amf)).hex(), xres.hex()


def check():
    stored = OUTPUT.read_text()
    made = aka_model.text_of(document())
    doc = json.loads(stored)
    wrong = [v["name"] for v in doc["vectors"]
             if answers(read(bytes.fromhex(v["payload"])), v) != (v["autn"], v["xres"])]
    print(len(doc["vectors"]), "vectors,", len(doc["refused"]), "refused; wrong:", wrong)
    if stored != made:
        print("the file is not what the model makes")
    return stored == made and not wrong


def main(arguments):
    if arguments == ["write"]:
        OUTPUT.write_text(aka_model.text_of(document()))
        return True
    if arguments == ["check"]:
        return check()
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
