#!/usr/bin/env python3
"""A model of CAP files and load files (Java Card virtual machine specification, clause 6;
GlobalPlatform card specification, clause 11.6.2.3).

Written from the documents' rules, not from the code of this project: packages are put
together from their items, packed by Python's zipfile, and broken one rule at a time.

    python3 cap_model.py write   makes ../cap.json again
    python3 cap_model.py check   the load files in ../cap.json are those of the model, and
                                 its archives unpack to the model's components

The octets of deflated entries depend on the version of zlib, so `check` unpacks them.
Needs Python 3.11 and nothing but its standard library.
"""

import io
import json
import pathlib
import sys
import warnings
import zipfile

FILE = pathlib.Path(__file__).resolve().parent.parent / "cap.json"
NAMES = {1: "Header", 2: "Directory", 3: "Applet", 4: "Import", 5: "ConstantPool", 6: "Class",
         7: "Method", 8: "StaticField", 9: "RefLocation", 10: "Export", 11: "Descriptor",
         12: "Debug"}
# Clause 6.2: the order in which a card takes them.
LOAD_ORDER = [1, 2, 4, 3, 6, 7, 8, 10, 5, 9]
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def u2(value):
    return value.to_bytes(2, "big")


def counted(octets):
    return bytes([len(octets)]) + octets


class Package:
    """A package; what a card would link is of the right form, and means nothing."""

    def __init__(self, aid, version=(1, 0), applets=(), exports=False, cap=(2, 1), name=None,
                 code=40, debug=False):
        self.aid, self.version, self.applets = bytes.fromhex(aid), version, applets
        self.exports, self.cap, self.name, self.code = exports, cap, name, code
        self.debug = debug
        self.path = "example/package"
        self.method = STORED

    def header(self):
        flags = (2 if self.exports else 0) | (4 if self.applets else 0)
        info = bytes([self.version[1], self.version[0]]) + counted(self.aid)
        body = bytes.fromhex("decaffed") + bytes([self.cap[1], self.cap[0], flags]) + info
        return body + (counted(self.name.encode()) if self.name is not None else b"")

    def bodies(self):
        framework = bytes([0, 1]) + counted(bytes.fromhex("a0000000620101"))
        bodies = {
            1: self.header(),
            4: bytes([1]) + framework,
            5: u2(2) + bytes.fromhex("0600000005000000"),
            6: bytes.fromhex("0080030001000104010000"),
            7: bytes([0]) + bytes((7 * place) & 0xff if place < 600 else 0
                                  for place in range(self.code)),
            8: bytes(10),
            9: u2(1) + b"\x05" + u2(1) + b"\x07",
            11: bytes([1]) + bytes(17),
        }
        if self.applets:
            listed = b"".join(counted(bytes.fromhex(aid)) + u2(9) for aid in self.applets)
            bodies[3] = bytes([len(self.applets)]) + listed
        if self.exports:
            bodies[10] = bytes([1]) + u2(0) + bytes([0, 0])
        if self.debug:
            bodies[12] = bytes(30)
        # 2.2 has Debug too, 2.3 four octets more.
        sizes = 11 if self.cap == (2, 1) else 12
        resources = bytes(4) if self.cap == (2, 3) else b""
        length = 2 * sizes + len(resources) + 6 + 3
        lengths = {tag: len(body) for tag, body in bodies.items()}
        lengths[2] = length
        directory = b"".join(u2(lengths.get(tag, 0)) for tag in range(1, sizes + 1))
        bodies[2] = directory + resources + bytes(6) + bytes([1, len(self.applets), 0])
        assert len(bodies[2]) == length
        return bodies

    def components(self):
        return {tag: bytes([tag]) + u2(len(body)) + body for tag, body in self.bodies().items()}

    def load_file(self):
        components = self.components()
        return b"".join(components[tag] for tag in LOAD_ORDER if tag in components)

    def entries(self):
        entries = [("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\n\r\n")]
        for tag, octets in self.components().items():
            entries.append((f"{self.path}/javacard/{NAMES[tag]}.cap", octets))
        return entries

    def archive(self):
        return pack(self.entries(), self.method)


def pack(entries, method=STORED):
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")
        for name, octets in entries:
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = method
            archive.writestr(info, octets)
    return out.getvalue()


def block(octets):
    """Tag C4, a BER length (short, or with as many octets as it needs), the value."""
    length = len(octets)
    if length < 128:
        return b"\xc4" + bytes([length]) + octets
    coded = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return b"\xc4" + bytes([0x80 | len(coded)]) + coded + octets


def taken():
    applet = Package("d276000085", applets=["d27600008501"])
    deflated = Package("d27600008500000000000000000000ff", (2, 7), cap=(2, 2), name="example/package",
                       applets=["d276000085", "d27600008500000000000000000001ff"], code=600,
                       debug=True)
    deflated.method = DEFLATED
    library = Package("a00000006203", (1, 3), exports=True, cap=(2, 3), name="", code=1)
    library.path = "a"
    flat = Package("d276000085", applets=["d27600008501"], exports=True)
    flat.entries = lambda: [(name.removeprefix("example/package/").upper(), octets)
                            for name, octets in reversed(Package.entries(flat))]
    large = Package("d276000085", applets=["d27600008501"], code=65534)
    large.method = DEFLATED
    return {"an applet, stored, format 2.1": applet,
            "two applets, deflated, format 2.2 with names and Debug": deflated,
            "a library, format 2.3": library,
            "entries the other way round, in a folder of no package, in capitals": flat,
            "a component of 65535 octets": large}


def library(**changes):
    return Package("a00000006203", exports=True, **changes)


def changed(package, tag, change):
    """The load file with one component's body changed, its length too."""
    bodies = package.bodies()
    bodies[tag] = change(bodies[tag])
    return b"".join(bytes([tag]) + u2(len(bodies[tag])) + bodies[tag]
                    for tag in LOAD_ORDER if tag in bodies)


def with_length(package, tag, body):
    """The load file with another body, or without it, and a Directory that agrees."""
    bodies = package.bodies()
    bodies[tag] = body
    place = 2 * (tag - 1)
    bodies[2] = bodies[2][:place] + u2(len(body or b"")) + bodies[2][place + 2:]
    bodies = {tag: body for tag, body in bodies.items() if body is not None}
    return b"".join(bytes([tag]) + u2(len(bodies[tag])) + bodies[tag]
                    for tag in LOAD_ORDER if tag in bodies)


def refused():
    package = Package("d276000085", applets=["d27600008501"])
    header, applets = package.bodies()[1], package.bodies()[3]
    parts = package.components()
    whole = package.load_file()
    named = Package("d276000085", applets=["d27600008501"], cap=(2, 2), name="abc")
    one = with_length
    load = {
        "no octets": (b"", "cap-malformed"),
        "the Header alone": (parts[1], "cap-malformed"),
        "no Header": (whole[len(parts[1]):], "cap-malformed"),
        "the Header behind the Directory": (parts[2] + parts[1] + whole[len(parts[1] + parts[2]):], "cap-malformed"),
        "two Headers": (parts[1] + whole, "cap-malformed"),
        "Method twice": (whole + parts[7], "cap-malformed"),
        "Method missing": (whole.replace(parts[7], b""), "cap-malformed"),
        "no Import, and none in the Directory": (with_length(package, 4, None), "cap-malformed"),
        "no Descriptor, and none in the Directory": (with_length(package, 11, None), "cap-malformed"),
        "Export that the Directory does not have": (changed(package, 1, lambda body: body[:6] + b"\x06" + body[7:])
                                                    + b"\x0a\x00\x01\x00", "cap-malformed"),
        "a component longer than the Directory says": (changed(package, 7, lambda body: body + b"\x00"), "cap-malformed"),
        "a Descriptor that the Directory does not have": (whole + b"\x0b\x00\x01\x00", "cap-malformed"),
        "the last octet missing": (whole[:-1], "truncated"),
        "one octet too many": (whole + b"\x05", "truncated"),
        "tag 0": (whole + b"\x00\x00\x00", "cap-malformed"),
        "the Debug component": (whole + b"\x0c\x00\x00", "cap-unsupported"),
        "a custom component": (whole + b"\x80\x00\x00", "cap-unsupported"),
        "another magic": (changed(package, 1, lambda body: b"\xde\xca\xff\xee" + body[4:]), "cap-malformed"),
        "format 2.0": (changed(package, 1, lambda body: body[:4] + b"\x00" + body[5:]), "cap-unsupported"),
        "format 2.4": (changed(package, 1, lambda body: body[:4] + b"\x04" + body[5:]), "cap-unsupported"),
        "format 3.1": (changed(package, 1, lambda body: body[:5] + b"\x03" + body[6:]), "cap-unsupported"),
        "the extended format": (changed(package, 1, lambda body: body[:6] + b"\x0c" + body[7:]), "cap-unsupported"),
        "no flag for applets": (changed(package, 1, lambda body: body[:6] + b"\x00" + body[7:]), "cap-malformed"),
        "a flag for exports": (changed(package, 1, lambda body: body[:6] + b"\x06" + body[7:]), "cap-malformed"),
        "a package's AID of 4 octets": (one(package, 1, header[:9] + counted(bytes(4))), "aid-malformed"),
        "a package's AID of 17 octets": (one(package, 1, header[:9] + counted(bytes(17))), "aid-malformed"),
        "a package's AID longer than the Header": (one(package, 1, header[:9] + b"\x06" + bytes(5)), "truncated"),
        "a package's name longer than the Header": (one(named, 1, named.bodies()[1][:-1]), "length-wrong"),
        "octets behind the package's name": (one(named, 1, named.bodies()[1] + b"\x00"), "length-wrong"),
        "a Header of 3 octets": (one(package, 1, header[:3]), "truncated"),
        "a Header of 9 octets": (one(package, 1, header[:9]), "truncated"),
        "a Directory of 21 octets": (one(package, 2, package.bodies()[2][:21]), "truncated"),
        "an Applet component without an applet": (one(package, 3, b"\x00"), "cap-malformed"),
        "an empty Applet component": (one(package, 3, b""), "truncated"),
        "an applet's AID of 4 octets": (one(package, 3, b"\x01" + counted(bytes(4)) + u2(9)), "aid-malformed"),
        "an applet's AID of 17 octets": (one(package, 3, b"\x01" + counted(bytes(17)) + u2(9)), "aid-malformed"),
        "two applets of one AID": (one(package, 3, b"\x02" + 2 * applets[1:]), "cap-malformed"),
        "two applets of which one is there": (one(package, 3, b"\x02" + applets[1:]), "truncated"),
        "an applet without its install method": (one(package, 3, applets[:-2]), "truncated"),
        "octets behind the applets": (one(package, 3, applets + b"\x00"), "length-wrong"),
    }
    entries = package.entries()
    path = "example/package/javacard/"
    replaced = lambda name, octets: pack([(at, octets if at == path + name else old) for at, old in entries])
    archive = package.archive()
    end = archive.rindex(b"PK\x05\x06")
    counts = lambda count: archive[:end + 8] + 2 * count.to_bytes(2, "little") + archive[end + 12:]
    bomb = pack([(at, bytes([7]) + u2(0xffff) + bytes(8 << 20) if at.endswith("Method.cap") else old)
                 for at, old in entries], DEFLATED)
    # The entry says that it has 40 octets, in both of its headers.
    lying = bomb.replace((3 + (8 << 20)).to_bytes(4, "little"), (40).to_bytes(4, "little"))
    assert lying != bomb
    place = archive.index(b"\xde\xca\xff\xed")
    zip64 = archive[:end] + b"PK\x06\x06" + bytes(52) + archive[end:]
    files = {
        "another package's Header": (pack(entries + [("other/javacard/Header.cap", parts[1])]), "cap-unsupported"),
        "the same Header twice, once in capitals": (pack(entries + [(path + "HEADER.CAP", parts[1])]), "cap-malformed"),
        "the same Header twice": (pack(entries + [(path + "Header.cap", parts[1])]), "cap-malformed"),
        "no Header": (pack([entry for entry in entries if "Header" not in entry[0]]), "cap-malformed"),
        "no Directory": (pack([entry for entry in entries if "Directory" not in entry[0]]), "cap-malformed"),
        "no components": (pack(entries[:1]), "cap-malformed"),
        "components elsewhere": (pack([(at.replace("/javacard/", "/card/"), old) for at, old in entries]), "cap-malformed"),
        "a custom component": (pack(entries + [(path + "Mine.cap", b"\x80\x00\x00")]), "cap-unsupported"),
        "static resources": (pack(entries + [(path + "StaticResources.cap", b"\x0d" + bytes(6))]), "cap-unsupported"),
        "the extended format": (pack([(at + "x", old) for at, old in entries]), "cap-unsupported"),
        "the extended format in capitals": (pack([(at.upper() + "X", old) for at, old in entries]), "cap-unsupported"),
        "Class in the entry of Method": (replaced("Method.cap", parts[6]), "cap-malformed"),
        "Class and Method in each other's entry": (
            pack([(at.replace("Class", "?").replace("Method", "Class").replace("?", "Method"), old)
                  for at, old in entries]), "cap-malformed"),
        "two components in one entry": (replaced("Method.cap", parts[7] + parts[6]), "length-wrong"),
        "a component shorter than its length": (replaced("Method.cap", parts[7][:-1]), "truncated"),
        "an empty entry": (replaced("Method.cap", b""), "truncated"),
        "eight mebibytes where a component is": (bomb, "length-wrong"),
        "eight mebibytes in an entry of 40 octets": (lying, None),
        "an octet of an entry changed": (archive[:place + 9] + b"\x55" + archive[place + 10:], "cap-malformed"),
        "an end that names 1024 entries": (counts(1024), "cap-malformed"),
        "an end that names 1025 entries": (counts(1025), "cap-too-large"),
        "an end that names 65535 entries": (counts(65535), "cap-too-large"),
        "an end that names fewer entries": (counts(3), "cap-malformed"),
        "an end with two numbers": (archive[:end + 10] + b"\x03" + archive[end + 11:], "cap-malformed"),
        "two ends": (archive + archive[end:], "cap-malformed"),
        "an end for more than 65535 entries": (zip64, "cap-too-large"),
        "the end missing": (archive[:end], "cap-malformed"),
        "the end cut": (archive[:end + 9], "cap-malformed"),
        "the first half": (archive[:len(archive) // 2], "cap-malformed"),
    }
    small = block(whole)
    blocks = {
        "no octets": (b"", "cap-malformed"),
        "a tag alone": (b"\xc4", "cap-malformed"),
        "another tag": (b"\xc5" + small[1:], "cap-malformed"),
        "ciphered": (b"\xd4" + small[1:], "cap-unsupported"),
        "a DAP block before it": (bytes.fromhex("e2094f05d276000085c300") + small, "cap-unsupported"),
        "an indefinite length": (b"\xc4\x80" + whole + b"\x00\x00", "cap-malformed"),
        "a length of five octets": (b"\xc4\x85" + len(whole).to_bytes(5, "big") + whole, "cap-malformed"),
        "a length that is cut": (b"\xc4\x82\x01", "cap-malformed"),
        "a length of one more": (b"\xc4\x82" + u2(len(whole) + 1) + whole, "cap-malformed"),
        "a length of one less": (b"\xc4\x82" + u2(len(whole) - 1) + whole, "cap-malformed"),
        "an octet behind it": (small + b"\x00", "cap-malformed"),
    }
    return {"components": load, "archive": files, "block": blocks}


def shown(octets):
    """Hexadecimal; a run of 64 equal octets and more as `(COUNT*HEX)`."""
    text, place = "", 0
    while place < len(octets):
        end = place
        while end < len(octets) and octets[end] == octets[place]:
            end += 1
        run = octets[place:end]
        text += f"({len(run)}*{run[:1].hex()})" if len(run) >= 64 else run.hex()
        place = end
    return text


def document():
    packages = [{"name": name, "package": package.aid.hex(), "version": "%d.%d" % package.version,
                 "applets": list(package.applets), "archive": shown(package.archive()),
                 "load_file": shown(package.load_file()),
                 "block_head": block(package.load_file())[:-len(package.load_file())].hex()}
                for name, package in taken().items()]
    refusals = [{"of": kind, "name": name, "octets": shown(octets), "code": code}
                for kind, rows in refused().items() for name, (octets, code) in rows.items()]
    return {"description": "CAP files, load files and Load File Data Blocks by vectors/model/cap_model.py. "
                           "Hex lower case; (COUNT*HEX) is a run of one octet. code is that of the refusal; "
                           "null where any is right.",
            "packages": packages, "refused": refusals}


def check():
    kept = json.loads(FILE.read_text())
    made = document()
    count = 0
    for old, new, package in zip(kept["packages"], made["packages"], taken().values(), strict=True):
        for key in old:
            if key != "archive":
                assert old[key] == new[key], (old["name"], key)
        with zipfile.ZipFile(io.BytesIO(unshown(old["archive"]))) as archive:
            unpacked = {name: archive.read(name) for name in archive.namelist()}
        assert unpacked == dict(package.entries()), old["name"]
        count += 1
    for old, new in zip(kept["refused"], made["refused"], strict=True):
        assert (old["of"], old["name"], old["code"]) == (new["of"], new["name"], new["code"])
        assert old["of"] == "archive" or old["octets"] == new["octets"], old["name"]
        count += 1
    print(f"{count} vectors agree")


def unshown(text):
    out, place = b"", 0
    while place < len(text):
        if text[place] == "(":
            end = text.index(")", place)
            count, octet = text[place + 1:end].split("*")
            out, place = out + int(count) * bytes.fromhex(octet), end + 1
        else:
            end = text.find("(", place)
            end = len(text) if end < 0 else end
            out, place = out + bytes.fromhex(text[place:end]), end
    return out


def write():
    made = document()
    rows = lambda key: ",\n".join("  " + json.dumps(row) for row in made[key])
    FILE.write_text('{\n "description": %s,\n "packages": [\n%s\n ],\n "refused": [\n%s\n ]\n}\n'
                    % (json.dumps(made["description"]), rows("packages"), rows("refused")))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write"]:
            write()
        case ["check"]:
            check()
        case _:
            sys.exit(__doc__)
