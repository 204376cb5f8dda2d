#!/usr/bin/env python3
"""Independent model of the envelope: operator change, clause 2 (3GPP TR 33.812, B.2.3.6).

    suite u8 | WK | IV 16 | CT | MAC

The sealer writes DER with the small tree below and uses hashlib, integer arithmetic and single AES
blocks for OAEP (RFC 8017, 7.1.1), the X9.63 KDF (SEC 1, 3.6.1) and AES key wrap (RFC 3394). The opener
has its own strict DER reader and uses the library's OAEP, KDF, key unwrap, GCM and HMAC. So the two
halves share next to nothing, and both are measured against `openssl cms`.

Every random value comes from SHAKE-256 over the name of the vector: the output is the same on each run.

    envelope.py write    make ../envelope.json
    envelope.py check    make it in memory, compare with the file, open every vector with the opener
    envelope.py openssl  open every WK with the command line tool, and compare WKs that it made
"""

import base64
import copy
import datetime
import hashlib
import hmac
import json
import math
import pathlib
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "envelope.json"
MAX_PAYLOAD = 65536

INVALID = "envelope-invalid"
MALFORMED = "envelope-malformed"
SUITE = "envelope-unsupported-suite"
ALGORITHM = "envelope-algorithm-refused"
NOT_OURS = "envelope-not-for-this-key"

# --------------------------------------------------------------------------- object identifiers

ID_DATA = "1.2.840.113549.1.7.1"
ID_SIGNED_DATA = "1.2.840.113549.1.7.2"
ID_ENVELOPED_DATA = "1.2.840.113549.1.7.3"
ID_AUTH_ENVELOPED_DATA = "1.2.840.113549.1.9.16.1.23"
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
RSAES_OAEP = "1.2.840.113549.1.1.7"
MGF1 = "1.2.840.113549.1.1.8"
P_SPECIFIED = "1.2.840.113549.1.1.9"
HASH_OID = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2"}
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
PRIME256V1 = "1.2.840.10045.3.1.7"
STD_DH_SHA1_KDF = "1.3.133.16.840.63.0.2"
STD_DH_SHA256_KDF = "1.3.132.1.11.1"
STD_DH_SHA384_KDF = "1.3.132.1.11.2"
COFACTOR_DH_SHA256_KDF = "1.3.132.1.14.1"
AES_ARC = "2.16.840.1.101.3.4.1."
AES_CBC = {16: AES_ARC + "2", 24: AES_ARC + "22", 32: AES_ARC + "42"}
AES_GCM = {16: AES_ARC + "6", 24: AES_ARC + "26", 32: AES_ARC + "46"}
AES_WRAP = {16: AES_ARC + "5", 24: AES_ARC + "25", 32: AES_ARC + "45"}


class Suite:
    """What the suite octet fixes: lengths in octets, names of hashes."""

    def __init__(self, number, pik, pck, cek, mac):
        self.number, self.pik, self.pck, self.cek, self.mac = number, pik, pck, cek, mac
        self.mac_len = hashlib.new(mac).digest_size

    def mac_input(self, wk, iv, ct):
        if self.number == 1:
            return iv + ct
        return bytes([2]) + hashlib.sha256(wk).digest() + iv + ct


SUITES = {1: Suite(1, 20, 16, 16, "sha1"), 2: Suite(2, 32, 32, 32, "sha256")}


class Stream:
    """Random octets that depend on a label only."""

    def __init__(self, label):
        self.label, self.count = label.encode(), 0

    def octets(self, n):
        self.count += 1
        seed = b"envelope vectors 1|" + self.label + b"|" + str(self.count).encode()
        return hashlib.shake_256(seed).digest(n)


# --------------------------------------------------------------------------- DER, writing


class Node:
    """One TLV. `body` is octets or a list of nodes; `form` is der, indefinite, or a count of length octets."""

    def __init__(self, tag, body, name=None, form="der"):
        self.tag, self.body, self.name, self.form = tag, body, name, form

    def content(self):
        return self.body if isinstance(self.body, bytes) else b"".join(n.encode() for n in self.body)

    def encode(self):
        body = self.content()
        if self.form == "indefinite":
            return bytes([self.tag, 0x80]) + body + b"\0\0"
        if self.form == "der":
            count = 0 if len(body) < 128 else (len(body).bit_length() + 7) // 8
        else:
            count = self.form
        if count == 0:
            return bytes([self.tag, len(body)]) + body
        return bytes([self.tag, 0x80 | count]) + len(body).to_bytes(count, "big") + body

    def walk(self, parent=None):
        yield parent, self
        if isinstance(self.body, list):
            for child in self.body:
                yield from child.walk(self)

    def find(self, name):
        hits = [(p, n) for p, n in self.walk() if n.name == name]
        assert len(hits) == 1, (name, len(hits))
        return hits[0]

    def at(self, name):
        return self.find(name)[1]

    def drop(self, name):
        parent, node = self.find(name)
        parent.body.remove(node)

    def put(self, name, new):
        parent, node = self.find(name)
        parent.body[parent.body.index(node)] = new

    def before(self, name, new):
        parent, node = self.find(name)
        parent.body.insert(parent.body.index(node), new)

    def after(self, name, new):
        parent, node = self.find(name)
        parent.body.insert(parent.body.index(node) + 1, new)


def seq(*nodes, name=None, tag=0x30):
    return Node(tag, [n for n in nodes if n is not None], name)


def integer(value, name=None):
    return Node(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"), name)


def octet_string(value, name=None, tag=0x04):
    return Node(tag, value, name)


def null(name=None):
    return Node(0x05, b"", name)


def oid(dotted, name=None):
    arcs = [int(a) for a in dotted.split(".")]
    out = bytearray()
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        out += bytes(reversed(groups))
    return Node(0x06, bytes(out), name)


def algorithm(dotted, *parameters, name):
    return seq(oid(dotted, name + ".oid"), *parameters, name=name)


# --------------------------------------------------------------------------- primitives of the sealer


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def aes_cbc(key, iv, data):
    e = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return e.update(data) + e.finalize()


def aes_key_wrap(kek, key):
    """RFC 3394, 2.2.1."""
    e = Cipher(algorithms.AES(kek), modes.ECB()).encryptor()
    a, r = b"\xa6" * 8, [key[i : i + 8] for i in range(0, len(key), 8)]
    for j in range(6):
        for i in range(len(r)):
            b = e.update(a + r[i])
            a, r[i] = xor(b[:8], (len(r) * j + i + 1).to_bytes(8, "big")), b[8:]
    return a + b"".join(r)


def x963_kdf(name, secret, shared_info, length):
    """SEC 1, 3.6.1; RFC 5753, 7.2 names the shared information."""
    out, counter = b"", 1
    while len(out) < length:
        out += hashlib.new(name, secret + counter.to_bytes(4, "big") + shared_info).digest()
        counter += 1
    return out[:length]


def mgf1(name, seed, length):
    out, counter = b"", 0
    while len(out) < length:
        out += hashlib.new(name, seed + counter.to_bytes(4, "big")).digest()
        counter += 1
    return out[:length]


def rsa_public(key, em):
    numbers = key.private.public_key().public_numbers()
    return pow(int.from_bytes(em, "big"), numbers.e, numbers.n).to_bytes(384, "big")


def oaep_encrypt(key, message, stream, hash_name="sha256", mgf_name="sha256", label=b""):
    """RFC 8017, 7.1.1."""
    size = hashlib.new(hash_name).digest_size
    db = hashlib.new(hash_name, label).digest()
    db += b"\0" * (384 - len(message) - 2 * size - 2) + b"\1" + message
    seed = stream.octets(size)
    masked = xor(db, mgf1(mgf_name, seed, len(db)))
    return rsa_public(key, b"\0" + xor(seed, mgf1(mgf_name, masked, size)) + masked), seed


def pkcs1_v15_encrypt(key, message, stream):
    filler = bytes(b or 1 for b in stream.octets(384 - 3 - len(message)))
    return rsa_public(key, b"\0\2" + filler + b"\0" + message)


def point(public):
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


# --------------------------------------------------------------------------- keys


P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def scalar_key(octets):
    return ec.derive_private_key(int.from_bytes(octets, "big") % (P256_ORDER - 1) + 1, ec.SECP256R1())


SMALL_PRIMES = [n for n in range(3, 4000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]


def probable_prime(n):
    if any(n % p == 0 for p in SMALL_PRIMES):
        return False
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for base in SMALL_PRIMES[:40]:
        x = pow(base, d, n)
        if x in (1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def rsa_key(stream):
    """3072 bits from the stream. Test material: no care for side channels or for strong primes."""
    primes = []
    while len(primes) < 2:
        candidate = int.from_bytes(stream.octets(192), "big") | 3 << 1534 | 1
        while math.gcd(candidate - 1, 65537) != 1 or not probable_prime(candidate):
            candidate += 2
        primes.append(candidate)
    p, q = max(primes), min(primes)
    d = pow(65537, -1, math.lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    ).private_key()


class Key:
    """A TRE's encipherment or agreement key with its certificate. `ski`: sha1, absent, or sha256 (32 octets)."""

    def __init__(self, name, kind, ski):
        self.name, self.kind = name, kind
        stream = Stream("key " + name)
        self.private = scalar_key(stream.octets(48)) if kind == "ec-p256" else rsa_key(stream)
        public = self.private.public_key()
        # RFC 5280, 4.2.1.2: SHA-1 of the BIT STRING's value is customary, but the extension may hold any octets.
        self.sha1_ski = x509.SubjectKeyIdentifier.from_public_key(public).digest
        self.long_ski = hashlib.sha256(self.public_octets(public)).digest()
        self.ski = self.long_ski if ski == "sha256" else self.sha1_ski
        self.certificate = self.certify(public, ski != "absent", stream)

    @staticmethod
    def public_octets(public):
        if isinstance(public, ec.EllipticCurvePublicKey):
            return point(public)
        return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)

    def certify(self, public, with_ski, stream):
        ecc = self.kind == "ec-p256"
        who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "envelope test key " + self.name)])
        tre_id = "urn:x-rehome:tre:test:" + hashlib.sha256(self.name.encode()).hexdigest()[:32]
        usage = dict.fromkeys(
            ["digital_signature", "content_commitment", "data_encipherment", "key_cert_sign", "crl_sign",
             "encipher_only", "decipher_only"], False)
        builder = (
            x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(public)
            .serial_number(int.from_bytes(stream.octets(8), "big") >> 1)
            .not_valid_before(datetime.datetime(2025, 1, 1))
            .not_valid_after(datetime.datetime(9999, 12, 31, 23, 59, 59))
            .add_extension(x509.KeyUsage(key_agreement=ecc, key_encipherment=not ecc, **usage), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(tre_id)]), critical=True)
        )
        if with_ski:
            builder = builder.add_extension(x509.SubjectKeyIdentifier(self.ski), critical=False)
        return builder.sign(self.private, hashes.SHA256(), **({"ecdsa_deterministic": True} if ecc else {}))

    def private_pem(self):
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()

    def certificate_pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issuer_and_serial(self):
        issuer = self.certificate.issuer.public_bytes()
        body, used = read_der(issuer, 0, 0)
        assert used == len(issuer)
        return seq(body, integer(self.certificate.serial_number))


# --------------------------------------------------------------------------- sealing


def oaep_algorithm(hash_name="sha256", mgf_name="sha256", parameters=True, source=None, name="ri.kea"):
    """RFC 4055, 4.1, with the NULLs of its sha256Identifier unless `parameters` is False."""
    def digest(which):
        return seq(oid(HASH_OID[which]), null() if parameters else None)
    body = seq(
        Node(0xA0, [digest(hash_name)], name + ".hash") if hash_name else None,
        Node(0xA1, [seq(oid(MGF1), digest(mgf_name))], name + ".mgf") if mgf_name else None,
        Node(0xA2, [seq(oid(P_SPECIFIED), octet_string(source))], name + ".source") if source is not None else None,
        name=name + ".params")
    return algorithm(RSAES_OAEP, body, name=name)


def shared_info(wrap, bits):
    """ECC-CMS-SharedInfo, RFC 5753, 7.2: keyInfo and suppPubInfo [2]; no entityUInfo since there is no ukm."""
    return seq(wrap, Node(0xA2, [octet_string(bits.to_bytes(4, "big"))])).encode()


def key_transport(key, cek, stream, o, note):
    to = o.get("to", key)
    if o.get("transport") == "pkcs1":
        encrypted, kea = pkcs1_v15_encrypt(to, cek, stream), algorithm(RSA_ENCRYPTION, null(), name="ri.kea")
    else:
        h, m, label = o.get("hash", "sha256"), o.get("mgf", "sha256"), o.get("label", b"")
        encrypted, seed = oaep_encrypt(to, cek, stream, h, m, label)
        while o.get("want_zero") and encrypted[0] != 0:
            encrypted, seed = oaep_encrypt(to, cek, stream, h, m, label)
        note["oaep_seed_hex"] = seed.hex()
        kea = o.get("kea") or oaep_algorithm()
    rid = octet_string(o.get("rid", key.ski), "ri.rid", tag=0x80)
    return seq(integer(2, "ri.version"), rid, kea, octet_string(encrypted, "ri.key"), name="ri")


def key_agreement(suite, key, cek, stream, o, note):
    to, kek_len = o.get("to", key), o.get("kek", suite.cek)
    while True:
        ephemeral = scalar_key(stream.octets(48))
        secret = ephemeral.exchange(ec.ECDH(), to.private.public_key())
        public = point(ephemeral.public_key())
        if not o.get("want_zero") or (secret[0] == 0 and o["want_zero"] == "secret") \
                or (public[1] == 0 and o["want_zero"] == "point"):
            break
    wrap = algorithm(AES_WRAP[kek_len], name="ri.wrap")
    info = o["info"](wrap, kek_len * 8) if "info" in o else shared_info(wrap, kek_len * 8)
    kek = x963_kdf(o.get("kdf", "sha256"), secret, info, kek_len)
    note["ephemeral"] = {
        "private_hex": ephemeral.private_numbers().private_value.to_bytes(32, "big").hex(), "public_hex": public.hex()}
    note["shared_secret_hex"], note["shared_info_hex"], note["kek_hex"] = secret.hex(), info.hex(), kek.hex()
    originator = seq(
        algorithm(EC_PUBLIC_KEY, name="ri.orig.alg"), Node(0x03, b"\0" + public, "ri.orig.point"),
        name="ri.orig.key", tag=0xA1)
    rid = seq(octet_string(o.get("rid", key.ski), "ri.ski"), name="ri.rid", tag=0xA0)
    return seq(
        integer(3, "ri.version"), Node(0xA0, [originator], "ri.orig"),
        seq(oid(o.get("scheme", STD_DH_SHA256_KDF), "ri.kea.oid"), wrap, name="ri.kea"),
        seq(seq(rid, octet_string(aes_key_wrap(kek, cek), "ri.key"), name="ri.rek"), name="ri.reks"),
        name="ri", tag=0xA1)


def recipient(suite, key, cek, stream, o, note):
    if key.kind == "ec-p256":
        return key_agreement(suite, key, cek, stream, o, note)
    return key_transport(key, cek, stream, o, note)


def wrapped_keys(suite, key, content, stream, o, note):
    """WK as a tree: ContentInfo with EnvelopedData (suite 1) or AuthEnvelopedData (suite 2)."""
    cek = stream.octets(o.get("cek", suite.cek))
    note["cek_hex"] = cek.hex()
    ri = recipient(suite, key, cek, stream, o, note)
    mac = None
    if o.get("container", suite.number) == 1:
        iv = stream.octets(16)
        fill = 16 - len(content) % 16
        padded = content + (o["fill"] if "fill" in o else bytes([fill]) * fill)
        note["wk_iv_hex"] = iv.hex()
        cea = algorithm(AES_CBC[len(cek)], octet_string(iv, "eci.iv"), name="eci.cea")
        encrypted, kind, version = aes_cbc(cek, iv, padded), ID_ENVELOPED_DATA, 2
    else:
        nonce = stream.octets(o.get("nonce", 12))
        both = AESGCM(cek).encrypt(nonce, content, o.get("aad", b"") or None)
        encrypted, tag = both[:-16], both[-16:]
        note["wk_nonce_hex"] = nonce.hex()
        parameters = seq(octet_string(nonce, "eci.nonce"), integer(16, "eci.icvlen"), name="eci.params")
        cea = algorithm(AES_GCM[len(cek)], parameters, name="eci.cea")
        mac, kind, version = octet_string(tag, "ed.mac"), ID_AUTH_ENVELOPED_DATA, 0
    eci = seq(oid(ID_DATA, "eci.type"), cea, octet_string(encrypted, "eci.content", tag=0x80), name="eci")
    ed = seq(integer(version, "ed.version"), Node(0x31, [ri], "ed.recipients"), eci, mac, name="ed")
    return seq(oid(kind, "ci.type"), Node(0xA0, [ed], "ci.content"), name="ci")


def plain_data(tag, payload, version, length=None):
    body = bytes([tag]) + (len(payload) if length is None else length).to_bytes(4, "big")
    body += payload + version.to_bytes(2, "big")
    return body + b"\0" * (-len(body) % 16)


class Sealed:
    """One envelope with everything that went into it. `o` bends single steps for the negative vectors."""

    def __init__(self, name, suite, key, tag=1, version=1, payload=b"ZZZZZZZZ", **o):
        self.name, self.key, self.tag, self.version, self.payload = name, key, tag, version, payload
        self.suite = SUITES[suite]
        stream = Stream(name)
        self.pik, self.pck = stream.octets(self.suite.pik), stream.octets(self.suite.pck)
        self.iv, self.note = stream.octets(16), {}
        content = o["content"](self.pik, self.pck) if "content" in o else self.pik + self.pck
        if "wk" in o:
            self.wk = o["wk"]
        else:
            self.tree = wrapped_keys(self.suite, key, content, stream, o, self.note)
            if "edit" in o:
                o["edit"](self.tree)
            self.wk = self.tree.encode()
        self.data = o.get("data") if "data" in o else plain_data(tag, payload, version)
        self.ct = aes_cbc(self.pck, o.get("cbc_iv", self.iv), self.data) if "ct" not in o else o["ct"]
        if "mac" in o:
            self.mac = o["mac"](self)
        else:
            self.mac = hmac.digest(self.pik, self.suite.mac_input(self.wk, self.iv, self.ct), self.suite.mac)
        self.octets = bytes([suite]) + self.wk + self.iv + self.ct + self.mac


# --------------------------------------------------------------------------- opening


class Refused(Exception):
    def __init__(self, code, why):
        super().__init__(code, why)
        self.code = code


def need(condition, code, why):
    if not condition:
        raise Refused(code, why)


def read_der(buf, at, depth):
    """One TLV under DER (X.690, 8 and 10). Returns the node and the position after it."""
    need(depth < 16, MALFORMED, "depth")
    need(at + 2 <= len(buf), MALFORMED, "no room for tag and length")
    tag, length, at = buf[at], buf[at + 1], at + 2
    need(tag & 0x1F != 0x1F, MALFORMED, "high tag number")
    need(length != 0x80, MALFORMED, "indefinite length")
    if length > 0x80:
        count = length & 0x7F
        need(count <= 4 and at + count <= len(buf), MALFORMED, "length octets")
        length = int.from_bytes(buf[at : at + count], "big")
        need(length >= 128 and length.bit_length() > 8 * (count - 1), MALFORMED, "length is not minimal")
        at += count
    end = at + length
    need(end <= len(buf), MALFORMED, "value is cut short")
    body = buf[at:end]
    if tag in (0x02, 0x03, 0x04, 0x05, 0x06):
        check_primitive(tag, body)
    need(tag & 0xC0 or tag & 0x20 == 0 or tag in (0x30, 0x31), MALFORMED, "constructed string")
    need(tag not in (0x10, 0x11), MALFORMED, "primitive SEQUENCE or SET")
    if tag & 0x20:
        nodes, inner = [], at
        while inner < end:
            node, inner = read_der(buf[:end], inner, depth + 1)
            nodes.append(node)
        if tag == 0x31:
            codes = [n.encode() for n in nodes]
            need(codes == sorted(codes), MALFORMED, "SET OF out of order")
        body = nodes
    return Node(tag, body), end


def check_primitive(tag, body):
    if tag == 0x02:
        need(body, MALFORMED, "empty INTEGER")
        need(len(body) == 1 or not (body[0] == 0 and body[1] < 128 or body[0] == 255 and body[1] >= 128),
             MALFORMED, "INTEGER is not minimal")
    if tag == 0x03:
        need(body and body[0] < 8 and (body[0] == 0 or len(body) > 1), MALFORMED, "BIT STRING")
    if tag == 0x05:
        need(not body, MALFORMED, "NULL with a value")
    if tag == 0x06:
        need(body and body[-1] < 128, MALFORMED, "OBJECT IDENTIFIER")
        starts = [0] + [i + 1 for i, b in enumerate(body[:-1]) if b < 128]
        need(all(body[i] != 0x80 for i in starts), MALFORMED, "OBJECT IDENTIFIER is not minimal")


class Fields:
    """The members of a constructed value, taken in order."""

    def __init__(self, node, *tags):
        need(node.tag in (tags or (0x30,)), MALFORMED, f"tag {node.tag:02x}")
        self.left = list(node.body)

    def take(self, *tags):
        need(self.left and (not tags or self.left[0].tag in tags), MALFORMED, "missing or unexpected member")
        return self.left.pop(0)

    def maybe(self, *tags):
        return self.left.pop(0) if self.left and self.left[0].tag in tags else None

    def end(self):
        need(not self.left, MALFORMED, "trailing member")


def parse_algorithm(node):
    fields = Fields(node)
    which = fields.take(0x06).encode()
    parameters = fields.take() if fields.left else None
    fields.end()
    return which, parameters


def is_oid(encoded, dotted):
    return encoded == oid(dotted).encode()


def parse_choice(node):
    """What a RecipientInfo says, or the reason to refuse it (well-formed but outside the profile)."""
    if node.tag in (0xA2, 0xA3, 0xA4):
        return {"outside": "recipient kind"}
    return parse_transport(node) if node.tag == 0x30 else parse_agreement(node)


def parse_transport(node):
    fields, out = Fields(node), {"kind": "rsa-3072"}
    version, rid = fields.take(0x02).body, fields.take(0x30, 0x80)
    out["kea"] = parse_algorithm(fields.take(0x30))
    out["key"] = fields.take(0x04).body
    fields.end()
    need(version == (b"\0" if rid.tag == 0x30 else b"\2"), MALFORMED, "KeyTransRecipientInfo version")
    if rid.tag == 0x30:
        out["outside"] = "issuer and serial number"
    else:
        out["ski"] = rid.body
    return out


def parse_agreement(node):
    fields, out = Fields(node, 0xA1), {"kind": "ec-p256"}
    need(fields.take(0x02).body == b"\3", MALFORMED, "KeyAgreeRecipientInfo version")
    originator = Fields(fields.take(0xA0), 0xA0)
    who = originator.take(0x30, 0x80, 0xA1)
    originator.end()
    if fields.maybe(0xA1):
        out["outside"] = "ukm"
    out["kea"] = parse_algorithm(fields.take(0x30))
    keys = fields.take(0x30).body
    fields.end()
    need(keys, MALFORMED, "no RecipientEncryptedKey")
    for entry in keys:
        parse_encrypted_key(entry, out)
    if len(keys) != 1:
        out["outside"] = "more than one recipient"
    if who.tag != 0xA1:
        out["outside"] = "static originator"
        return out
    public = Fields(who, 0xA1)
    out["point_alg"], bits = parse_algorithm(public.take(0x30)), public.take(0x03).body
    public.end()
    need(len(bits) == 66 and bits[:2] == b"\0\4", MALFORMED, "not an uncompressed point")
    out["point"] = bits[1:]
    return out


def parse_encrypted_key(entry, out):
    one = Fields(entry)
    rid = one.take(0x30, 0xA0)
    out["key"] = one.take(0x04).body
    one.end()
    if rid.tag == 0x30:
        out["outside"] = "issuer and serial number"
        return
    members = Fields(rid, 0xA0)
    out["ski"] = members.take(0x04).body
    if members.maybe(0x18) or members.maybe(0x30):
        out["outside"] = "date or other key attribute"
    members.end()


def parse_wk(node):
    """ContentInfo down to its members, refusing what is not CMS; the profile is checked after it."""
    info, out = Fields(node), {}
    kind = info.take(0x06).encode()
    wrapped = Fields(info.take(0xA0), 0xA0)
    info.end()
    if not (is_oid(kind, ID_ENVELOPED_DATA) or is_oid(kind, ID_AUTH_ENVELOPED_DATA)):
        return {"outside": "content type of ContentInfo"}
    auth = is_oid(kind, ID_AUTH_ENVELOPED_DATA)
    out["container"] = 2 if auth else 1
    fields = Fields(wrapped.take(0x30))
    wrapped.end()
    version, originator = fields.take(0x02).body, fields.maybe(0xA0)
    recipients = fields.take(0x31).body
    need(recipients, MALFORMED, "no recipient")
    out["recipients"] = [parse_choice(r) for r in recipients]
    content = Fields(fields.take(0x30))
    out["type"], out["cea"] = content.take(0x06).encode(), parse_algorithm(content.take(0x30))
    out["content"] = content.take(0x80).body
    content.end()
    attributes = fields.maybe(0xA1)
    if auth:
        out["mac"] = fields.take(0x04).body
        attributes = fields.maybe(0xA2) or attributes
    fields.end()
    if originator or attributes:
        out["outside"] = "originator information or attributes"
    plain = all(r.tag == 0x30 and r.body[0].body == b"\0" for r in recipients)
    if "outside" not in out:
        need(version == (b"\0" if auth or plain else b"\2"), MALFORMED, "version")
    return out


def check_oaep(parameters):
    need(parameters is not None, ALGORITHM, "no OAEP parameters")
    fields = Fields(parameters)
    digest, mgf, source = fields.maybe(0xA0), fields.maybe(0xA1), fields.maybe(0xA2)
    fields.end()
    if source:
        default = seq(oid(P_SPECIFIED), octet_string(b"")).encode()
        need(source.content() != default, MALFORMED, "DEFAULT is encoded")
        raise Refused(ALGORITHM, "pSource")
    need(digest and mgf, ALGORITHM, "OAEP with SHA-1 by default")
    sha256 = [seq(oid(HASH_OID["sha256"]), p).encode() for p in (null(), None)]
    need(digest.content() in sha256, ALGORITHM, "OAEP hash")
    need(mgf.content() in [seq(oid(MGF1), Node(0x30, h[2:])).encode() for h in sha256], ALGORITHM, "OAEP mask")


def check_profile(suite, key, wk):
    """Everything that the suite fixes. Returns the one recipient."""
    need("outside" not in wk, ALGORITHM, wk.get("outside"))
    need(wk["container"] == suite.number, ALGORITHM, "the other CMS container")
    need(len(wk["recipients"]) == 1, ALGORITHM, "more than one recipient")
    ri = wk["recipients"][0]
    need("outside" not in ri, ALGORITHM, ri.get("outside"))
    need(is_oid(wk["type"], ID_DATA), ALGORITHM, "content type")
    which, parameters = wk["cea"]
    if suite.number == 1:
        need(is_oid(which, AES_CBC[16]), ALGORITHM, "content encryption")
        need(parameters and parameters.tag == 0x04 and len(parameters.body) == 16, MALFORMED, "CBC IV")
    else:
        need(is_oid(which, AES_GCM[32]) and parameters, ALGORITHM, "content encryption")
        fields = Fields(parameters)
        nonce, icv = fields.take(0x04).body, fields.maybe(0x02)
        fields.end()
        need(len(nonce) == 12 and icv and icv.body == b"\x10", ALGORITHM, "GCM parameters")
        need(len(wk["mac"]) == 16, MALFORMED, "GCM tag length")
    which, parameters = ri["kea"]
    if ri["kind"] == "rsa-3072":
        need(is_oid(which, RSAES_OAEP), ALGORITHM, "key transport")
        check_oaep(parameters)
    else:
        need(is_oid(which, STD_DH_SHA256_KDF), ALGORITHM, "key agreement")
        wrap = algorithm(AES_WRAP[suite.cek], name="").encode()
        need(parameters and parameters.encode() == wrap, ALGORITHM, "key wrap")
        need(ri["point_alg"][1] is None and is_oid(ri["point_alg"][0], EC_PUBLIC_KEY), ALGORITHM, "originator key")
    need(ri["ski"] == key.ski, NOT_OURS, "subject key identifier")
    need(ri["kind"] == key.kind, ALGORITHM, "recipient kind does not fit the key")
    return ri


def unwrap_cek(suite, key, ri):
    if key.kind == "rsa-3072":
        scheme = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        return key.private.decrypt(ri["key"], scheme)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), ri["point"])
    secret = key.private.exchange(ec.ECDH(), public)
    wrap = ri["kea"][1].encode()
    supp = (suite.cek * 8).to_bytes(4, "big")
    info = wrap + b"\xa2\x06\x04\x04" + supp
    info = b"\x30" + bytes([len(info)]) + info
    kek = X963KDF(hashes.SHA256(), suite.cek, info).derive(secret)
    return keywrap.aes_key_unwrap(kek, ri["key"])


def unwrap_content(suite, wk, cek):
    parameters = wk["cea"][1]
    if suite.number == 2:
        return AESGCM(cek).decrypt(parameters.body[0].body, wk["content"] + wk["mac"], None)
    d = Cipher(algorithms.AES(cek), modes.CBC(parameters.body)).decryptor()
    padded = d.update(wk["content"]) + d.finalize()
    u = padding.PKCS7(128).unpadder()
    return u.update(padded) + u.finalize()


def open_secret_part(suite, key, ri, wk, octets, iv, ct, mac):
    cek = unwrap_cek(suite, key, ri)
    need(len(cek) == suite.cek, INVALID, "length of the content key")
    keys = unwrap_content(suite, wk, cek)
    need(len(keys) == suite.pik + suite.pck, INVALID, "length of PIK|PCK")
    pik, pck = keys[: suite.pik], keys[suite.pik :]
    expected = hmac.new(pik, suite.mac_input(octets, iv, ct), suite.mac).digest()
    need(hmac.compare_digest(expected, mac), INVALID, "MAC")
    d = Cipher(algorithms.AES(pck), modes.CBC(iv)).decryptor()
    data = d.update(ct) + d.finalize()
    tag, length = data[0], int.from_bytes(data[1:5], "big")
    need(tag in (1, 2, 3, 4), INVALID, "tag")
    need(length <= MAX_PAYLOAD and 7 + length <= len(data), INVALID, "payload length")
    rest = data[7 + length :]
    need(len(rest) < 16 and not any(rest), INVALID, "padding")
    version = int.from_bytes(data[5 + length : 7 + length], "big")
    return {"tag": tag, "version": version, "payload": data[5 : 5 + length], "keys": keys}


def open_envelope(key, octets):
    need(octets, MALFORMED, "empty")
    need(octets[0] in SUITES, SUITE, "suite octet")
    suite = SUITES[octets[0]]
    node, end = read_der(octets, 1, 0)
    wk = parse_wk(node)
    ri = check_profile(suite, key, wk)
    iv, ct, mac = octets[end : end + 16], octets[end + 16 : -suite.mac_len], octets[-suite.mac_len :]
    size = len(octets) - end - 16 - suite.mac_len
    need(size >= 16 and size % 16 == 0, MALFORMED, "length of CT")
    try:
        return open_secret_part(suite, key, ri, wk, octets[1:end], iv, ct, mac)
    except (ValueError, InvalidTag, keywrap.InvalidUnwrap) as fault:
        raise Refused(INVALID, repr(fault)) from None


# --------------------------------------------------------------------------- the positive vectors

COMBINATIONS = [(1, "ec"), (1, "rsa"), (2, "ec"), (2, "rsa")]
SIZES = [0, 1, 7, 8, 9, 15, 16, 25, 1000]
VERSIONS = [0, 1, 65535]

# Made by `openssl cms -encrypt` 3.0.19 (README.md has the command) over the PIK|PCK of these vectors.
OPENSSL_WK = {
    "s1-ec-openssl-wk": (
        "MIIBHQYJKoZIhvcNAQcDoIIBDjCCAQoCAQIxgaahgaMCAQOgUaFPMAkGByqGSM49AgEDQgAEINPpZ2uBHTCc8gU0oeDMIQ6fFAo0cdmI"
        "wmxs/OGdEbvYDZtS0S7thDN2eys5/iX3d9IFGKOfSOGmY62bF6IawzAVBgYrgQQBCwEwCwYJYIZIAWUDBAEFMDQwMqAWBBThqJgbi3VJ"
        "vzSRxhP7HbCigFbkVwQYBvJ4aSwsXfRe8yRe70dh3HNJFOzpOB2cMFwGCSqGSIb3DQEHATAdBglghkgBZQMEAQIEEA1B5+vvmz/oYAJ4"
        "TnqT6paAMDmC1KNW/RY7cOxsOuDAwumV7FtQvAMH6cyBnreZmkG+MqxmeMsRjm4bJ3JzTGtPVw=="),
    "s1-rsa-openssl-wk": (
        "MIICUwYJKoZIhvcNAQcDoIICRDCCAkACAQIxggHbMIIB1wIBAoAUMbL1gGoToJq/ykDHzmMQDqlgYUkwOAYJKoZIhvcNAQEHMCugDTAL"
        "BglghkgBZQMEAgGhGjAYBgkqhkiG9w0BAQgwCwYJYIZIAWUDBAIBBIIBgDb71C8l5/6h2n/3SzkfeUmvkmm7Adk5ovyxn3rnNLpa3YsX"
        "nwUvvqlQAQR/XKIjfoQl1dRpK6KmLB4qqKGr26xS3bdakydPz9lUU5t3UJsxB/q95cFG22UJlAjOh9GoJk4qLfv41CILrV0+PHzetmMW"
        "TcwY49G+WiwgW6Jwm706ujSe/yEC3d5hxGkropoXfKPc0Eof3TTeic2en15HPJKMVLVTXQiFfjdmK7xCY8zNUfBWde2NXlR6dU7nEVMA"
        "g/vmHUWCtzi9936jM7sN0k2atRh0OCj0vg1vm35BuHZ7O5isxWiGj3njZkAffF/t1fbVv70LbgEvxGh2/t6Hg3BK/h4Xnwg/uIFp2o8/"
        "IszALHUDWfsOCCkPeZGYyJdqQLu70SWErgwo17McKs+GR7joOcXqu9XWDQMUdLQpK/ILlAE9eB2PSeuWqOuqhbhkIJpyRvW4ZoD9PwC5"
        "BJbU7gZnlivlXR86yLUFHoR1yOagzPpL3pFxwjhbisYsJRGeBzBcBgkqhkiG9w0BBwEwHQYJYIZIAWUDBAECBBAq81guI9KJCUxvh505"
        "RtH6gDDl64957vF4BPcPh91O5yKYG3Cci67arM9vIvYRnnbLp4Sdy4NCNmduiynSfhJL+/s="),
    "s2-ec-openssl-wk": (
        "MIIBUgYLKoZIhvcNAQkQARegggFBMIIBPQIBADGBtqGBswIBA6BRoU8wCQYHKoZIzj0CAQNCAASmvtrJjWC5S7UOasN+yhuogxQ0LnY+"
        "6wybvg+BnU3WObBQ6sHNVZ8kCvgYU+BBDpbOxes/42vzK5ipVdp7cZHeMBUGBiuBBAELATALBglghkgBZQMEAS0wRDBCoBYEFOGomBuL"
        "dUm/NJHGE/sdsKKAVuRXBCjJTJEnfMCBSkzRB6OLOFqvLnkV7BrLqh+CJ4aoWSAWbYzx3dj0LAfyMG0GCSqGSIb3DQEHATAeBglghkgB"
        "ZQMEAS4wEQQMfucoN08G4eCIjd72AgEQgEA4LuhgBCKeEbWH4yfygtDUi5FxhlltiIunNNGLU2gqfz6MH7TZJzd6g46WfmCDWV0vVQOo"
        "39ZruFCn9DDDScwABBAvrNymu+YYAXTCOS7kNd+w"),
    "s2-rsa-openssl-wk": (
        "MIICeAYLKoZIhvcNAQkQARegggJnMIICYwIBADGCAdswggHXAgECgBQxsvWAahOgmr/KQMfOYxAOqWBhSTA4BgkqhkiG9w0BAQcwK6AN"
        "MAsGCWCGSAFlAwQCAaEaMBgGCSqGSIb3DQEBCDALBglghkgBZQMEAgEEggGAZVaOgEieDvav9jTneTbI9Tsf24ZClZyAzsI0eTMjhVzR"
        "DhuZ9gTdLnfaNQbjy7nZzl/mwMWaNk4ykbT47C9VCkoy9VcFophyggnbAqVa8TNP6Q5B8h8f5TjGEJqy7GoyXA1Pmmq9e2FV1hXSdwS+"
        "N2rbQeWxfoA/YpCguTZT9iPPscY8NpukKOM5hswbYZKe4tbUvmUN2/e2+rckBscb+myPpbOF3jfMk8nd1DAeuN1nvF9VIrYXLZKEQFZF"
        "SUSeR0SRFSlhgPTCi+aG7+oYto9RR5cMdOJaWYkGa2cUuw178coJHo+pfUsLHqe6K5p6K2Smgr89ng6kfCwmCuN0hObu9nPyVeAx/PmU"
        "lh28rJLF2Un9rP7bRyBCGhX+CTTFo/dIpGvWAvbUkdEnIao5mFRdb2x0kdSNb9W0Gb3JXWiJu7mL06P25RB5B0hY+JQvnQVfMZoaUwDW"
        "2tE3KI/+E7QJKxbS8zLY2NES/B1EIvpUaFwIQKBhjAQXQL7MKXNxMG0GCSqGSIb3DQEHATAeBglghkgBZQMEAS4wEQQMelPrBEKfv8ME"
        "CfUmAgEQgEAKYOolY/X/QR/gUO/N4RqeCRHcz0Rx/NXDzI9d6SmMlQvG0SCBeJ1N39Cgvl7G6aJe0UH8urz/JbTIIQyYgkGOBBDYz063"
        "2o4UaZ9M8IOYCCec"),
}


def make_keys():
    listed = [
        ("ec", "ec-p256", "sha1"), ("ec-no-ski", "ec-p256", "absent"), ("ec-long-ski", "ec-p256", "sha256"),
        ("rsa", "rsa-3072", "sha1"), ("rsa-no-ski", "rsa-3072", "absent")]
    return {name: Key(name, kind, ski) for name, kind, ski in listed}


def positive_vectors(keys):
    out = []

    def add(what, suite, key, tag=1, version=1, payload=b"ZZZZZZZZ", basis="clause", **o):
        out.append((Sealed(f"s{suite}-{key}-{what}", suite, keys[key], tag, version, payload, **o), basis))

    count = 0
    for suite, key in COMBINATIONS:
        for size in SIZES:
            # Each combination of suite and key begins elsewhere, so that tags meet versions and sizes.
            add(f"payload-{size}", suite, key, 1 + count % 4, VERSIONS[count % 3], Stream(f"payload {count}").octets(size))
            count += 1
        add("payload-all-zero", suite, key, 1, 0, bytes(9))
        add("payload-like-padding", suite, key, 4, 0, b"\x5a" + bytes(20))
        add("no-ski-extension", suite, key + "-no-ski", 4, basis="reading")
        wk = base64.b64decode(OPENSSL_WK[f"s{suite}-{key}-openssl-wk"])
        # The tool leaves the NULL of SHA-256 out.
        add("openssl-wk", suite, key, basis="reading" if key == "rsa" else "clause", wk=wk)
    for suite in (1, 2):
        add("ski-of-32-octets", suite, "ec-long-ski", 4)
        add("shared-secret-begins-with-zero", suite, "ec", want_zero="secret")
        add("ephemeral-x-begins-with-zero", suite, "ec", want_zero="point")
        add("encrypted-key-begins-with-zero", suite, "rsa", want_zero=True)
        add("oaep-hashes-without-null", suite, "rsa", basis="reading", kea=oaep_algorithm(parameters=False))
    add("payload-65536", 2, "ec", 3, 1, b"\x5a" * MAX_PAYLOAD)
    return out


# --------------------------------------------------------------------------- the negative vectors


def flip(octets, at, bit=1):
    at %= len(octets)
    return octets[:at] + bytes([octets[at] ^ bit]) + octets[at + 1 :]


def flipped(name, at=0):
    def edit(tree):
        tree.at(name).body = flip(tree.at(name).body, at)
    return edit


def changed(name, **attributes):
    def edit(tree):
        for attribute, value in attributes.items():
            setattr(tree.at(name), attribute, value)
    return edit


def renamed(name, dotted):
    return lambda tree: tree.put(name, oid(dotted, name))


def dropped(name):
    return lambda tree: tree.drop(name)


def grown(name, node=None):
    return lambda tree: tree.at(name).body.append(node or null())


def attributes(tag):
    """A set of one attribute, as [tag] IMPLICIT SET OF Attribute: content type id-data."""
    one = seq(oid("1.2.840.113549.1.9.3"), Node(0x31, [oid(ID_DATA)]))
    return Node(tag, [one])


def borders(node, at=0):
    """Where each TLV begins."""
    yield at
    if isinstance(node.body, list):
        at += len(node.encode()) - len(node.content())
        for child in node.body:
            yield from borders(child, at)
            at += len(child.encode())


class Negatives:
    def __init__(self, keys):
        self.keys, self.out, self.sealed = keys, [], []

    def add(self, name, key, octets, code, why, reading=False):
        self.out.append((name, key, octets, code, why, "reading" if reading else "clause"))

    def bent(self, what, code, why, where=COMBINATIONS, reading=False, valid_wk=False, cut=None, **o):
        """One vector for each place: sealed with the bent step `o` and a MAC over the result, then `cut`.

        `valid_wk` says that the WK alone is sound CMS with the right keys, which the tool must open."""
        for suite, key in where:
            s = Sealed(f"s{suite}-{key}-{what}", suite, self.keys[key], **o)
            self.add(s.name, key, cut(s) if cut else s.octets, code, why, reading)
            if valid_wk:
                self.sealed.append(s)


EC, RSA = [(1, "ec"), (2, "ec")], [(1, "rsa"), (2, "rsa")]
S1, S2 = [(1, "ec"), (1, "rsa")], [(2, "ec"), (2, "rsa")]
FEW = [(1, "rsa"), (2, "ec")]


def wrong_macs(n):
    def outer(what, cut, why, where=COMBINATIONS, **o):
        n.bent(what, INVALID, why, where, valid_wk=True, cut=cut, **o)

    def mac(what, make, why, where):
        n.bent(what, INVALID, why, where, valid_wk=True, mac=make)

    def again(s):
        tree = wrapped_keys(s.suite, s.key, s.pik + s.pck, Stream(s.name + " again"), {}, {})
        return bytes([2]) + tree.encode() + s.iv + s.ct + s.mac

    outer("mac-first-bit", lambda s: flip(s.octets, -s.suite.mac_len, 0x80), "first bit of the MAC")
    outer("mac-last-bit", lambda s: flip(s.octets, -1), "last bit of the MAC")
    outer("mac-all-zero", lambda s: s.octets[: -s.suite.mac_len] + bytes(s.suite.mac_len), "MAC of zeros")
    outer("iv-bit", lambda s: flip(s.octets, 1 + len(s.wk)), "IV changed after the MAC was made")
    outer("ct-first-bit", lambda s: flip(s.octets, 17 + len(s.wk)), "CT changed after the MAC was made")
    outer("ct-last-bit", lambda s: flip(s.octets, -s.suite.mac_len - 1), "CT changed after the MAC was made")
    outer("ct-last-block-dropped", lambda s: s.octets[: -s.suite.mac_len - 16] + s.mac,
          "one block of CT is missing", payload=b"Z" * 25)
    outer("block-appended", lambda s: s.octets + bytes(16), "16 octets follow the MAC: the MAC is taken from the end")
    outer("block-after-wk", lambda s: s.octets[: 1 + len(s.wk)] + bytes(16) + s.octets[1 + len(s.wk) :],
          "16 octets between WK and IV")
    outer("mac-missing-long-ct", lambda s: s.octets[: -s.suite.mac_len],
          "no MAC; the last two blocks of CT stand in its place", S2, payload=b"Z" * 40)
    outer("wk-of-another-sealing", again, "WK wraps the right keys, but is not the one under the MAC", S2)

    mac("mac-without-iv", lambda s: hmac.digest(s.pik, s.ct, s.suite.mac), "MAC over CT alone", COMBINATIONS)
    mac("mac-of-plaintext", lambda s: hmac.digest(s.pik, s.suite.mac_input(s.wk, s.iv, s.data), s.suite.mac),
        "MAC over the plaintext", FEW)
    mac("mac-keyed-with-pck", lambda s: hmac.digest(s.pck, s.suite.mac_input(s.wk, s.iv, s.ct), s.suite.mac),
        "MAC with PCK for key", FEW)
    mac("mac-as-in-suite-2", lambda s: hmac.digest(s.pik, SUITES[2].mac_input(s.wk, s.iv, s.ct), "sha1"),
        "MAC input of suite 2 in suite 1", S1)
    mac("mac-sha256-cut", lambda s: hmac.digest(s.pik, s.iv + s.ct, "sha256")[:20], "HMAC-SHA-256 cut to 20", S1)
    mac("mac-as-in-suite-1", lambda s: hmac.digest(s.pik, s.iv + s.ct, "sha256"), "MAC input of suite 1 in suite 2", S2)
    mac("mac-sha1-filled", lambda s: hmac.digest(s.pik, s.suite.mac_input(s.wk, s.iv, s.ct), "sha1") + bytes(12),
        "HMAC-SHA1 with 12 zeros", S2)
    mac("mac-without-suite", lambda s: hmac.digest(s.pik, s.suite.mac_input(s.wk, s.iv, s.ct)[1:], "sha256"),
        "MAC without the suite octet", S2)
    mac("mac-over-whole-wk", lambda s: hmac.digest(s.pik, b"\2" + s.wk + s.iv + s.ct, "sha256"),
        "MAC over WK, not over its digest", S2)
    mac("mac-of-suite-octet-1", lambda s: hmac.digest(s.pik, b"\1" + s.suite.mac_input(s.wk, s.iv, s.ct)[1:], "sha256"),
        "MAC over suite octet 1", S2)


def wrong_wraps(n):
    def bad(what, why, where, reading=False, **o):
        n.bent(what, INVALID, why, where, reading, **o)

    bad("encrypted-key-first-bit", "wrapped content key changed", COMBINATIONS, edit=flipped("ri.key"))
    bad("encrypted-key-last-bit", "wrapped content key changed", COMBINATIONS, edit=flipped("ri.key", -1))
    bad("encrypted-key-short", "wrapped content key one octet short", COMBINATIONS,
        edit=lambda t: changed("ri.key", body=t.at("ri.key").body[:-1])(t))
    bad("encrypted-key-empty", "wrapped content key of no octets", COMBINATIONS, edit=changed("ri.key", body=b""))
    bad("encrypted-key-too-large", "RSA ciphertext not below the modulus", RSA, edit=changed("ri.key", body=b"\xff" * 384))
    for suite, key in COMBINATIONS:
        bad("wrapped-for-another-key", "our key identifier, but encrypted to another key", [(suite, key)],
            to=n.keys[key + "-no-ski"])
    bad("oaep-other-label", "encrypted with a label that the parameters don't name", RSA, label=b"label")
    bad("oaep-really-sha1", "SHA-256 is named, SHA-1 was used", RSA, hash="sha1", mgf="sha1")
    bad("oaep-really-mgf1-sha1", "MGF1 with SHA-256 is named, SHA-1 was used", RSA, mgf="sha1")
    bad("really-pkcs1-v15", "OAEP is named, PKCS#1 v1.5 was used", RSA, transport="pkcs1",
        edit=lambda t: t.put("ri.kea", oaep_algorithm()))
    bad("really-sha1kdf", "sha256kdf is named, SHA-1 was used", EC, kdf="sha1")
    bad("kdf-without-shared-info", "KDF over the secret alone", EC, info=lambda wrap, bits: b"")
    bad("kdf-length-in-octets", "suppPubInfo counts octets", EC, info=lambda wrap, bits: shared_info(wrap, bits // 8))
    bad("kdf-wrap-with-null", "keyInfo with NULL, which the message has not", EC,
        info=lambda wrap, bits: shared_info(seq(*wrap.body, null()), bits))
    bad("ephemeral-off-curve", "ephemeral point is not on the curve", EC, True, edit=flipped("ri.orig.point", -1))
    bad("ephemeral-of-another", "ephemeral point is not the sender's", EC,
        edit=lambda t: changed("ri.orig.point", body=b"\0" + point(n.keys["ec"].private.public_key()))(t))
    bad("content-key-of-32", "content key of 32 octets under AES-128-CBC", S1, cek=32, kek=16,
        edit=renamed("eci.cea.oid", AES_CBC[16]))
    bad("content-key-of-16", "content key of 16 octets under AES-256-GCM", S2, cek=16, kek=32,
        edit=renamed("eci.cea.oid", AES_GCM[32]))

    for what, cutter in [("empty", 0), ("35", 35), ("pik-only", 20)]:
        bad(f"content-{what}", "content is not PIK|PCK", S1, content=lambda pik, pck, m=cutter: (pik + pck)[:m])
    for what, cutter in [("empty", 0), ("63", 63), ("36", 36)]:
        bad(f"content-{what}", "content is not PIK|PCK", S2, content=lambda pik, pck, m=cutter: (pik + pck)[:m])
    bad("content-one-more", "content is PIK|PCK and one octet", COMBINATIONS, content=lambda pik, pck: pik + pck + b"\0")
    bad("content-twice", "content is PIK|PCK twice", FEW, content=lambda pik, pck: (pik + pck) * 2)
    bad("content-swapped", "content is PCK|PIK", COMBINATIONS, content=lambda pik, pck: pck + pik)

    bad("content-first-bit", "encrypted PIK|PCK changed", COMBINATIONS, edit=flipped("eci.content"))
    bad("content-iv-bit", "IV of WK changed", S1, edit=flipped("eci.iv"))
    bad("content-padding-bit", "padding of WK changed through the block before it", S1, edit=flipped("eci.content", 31))
    bad("content-padding-zero", "padding of WK ends in 00", S1, fill=bytes(12))
    bad("content-padding-17", "padding of WK ends in 17", S1, fill=b"\x11" * 12)
    bad("content-padding-uneven", "padding of WK is not uniform", S1, fill=b"\x0b" * 11 + b"\x0c")
    bad("content-padding-extra-block", "padding of WK is 28 octets long", S1, fill=b"\x1c" * 28)
    bad("content-not-whole-blocks", "encrypted PIK|PCK of 47 octets", S1, True,
        edit=lambda t: changed("eci.content", body=t.at("eci.content").body[:-1])(t))
    bad("content-of-no-blocks", "encrypted PIK|PCK of no octets", S1, True, edit=changed("eci.content", body=b""))
    bad("gcm-tag-first-bit", "GCM tag changed", S2, edit=flipped("ed.mac"))
    bad("gcm-tag-last-bit", "GCM tag changed", S2, edit=flipped("ed.mac", -1))
    bad("gcm-nonce-bit", "GCM nonce changed", S2, edit=flipped("eci.nonce"))
    bad("gcm-additional-data", "GCM tag over additional data that is not there", S2, aad=b"\x31\x00")


def wrong_data(n):
    def bad(what, why, data, reading=False):
        n.bent(what, INVALID, why, FEW, reading, valid_wk=True, data=data)

    for tag in (0, 5, 0x7F, 0xFF):
        bad(f"tag-{tag:02x}", "unknown tag", plain_data(tag, b"ZZZZZZZZ", 1))
    eight = b"\1\0\0\0\x08ZZZZZZZZ\0\1"
    bad("padding-not-zero", "the one octet of padding is 01", eight + b"\1")
    bad("padding-first-not-zero", "first octet of padding is 80", b"\1\0\0\0\1Z\0\1\x80" + bytes(7))
    bad("padding-last-not-zero", "last octet of padding is 01", b"\1\0\0\0\1Z\0\1" + bytes(7) + b"\1")
    bad("padding-pkcs7", "padding as in PKCS#7", b"\1\0\0\0\1Z\0\1" + b"\x08" * 8)
    bad("padding-extra-block", "17 octets of padding where one suffices", eight + bytes(17))
    bad("padding-block-for-none", "16 octets of padding where none is due", plain_data(1, b"Z" * 9, 1) + bytes(16))
    bad("padding-pkcs7-block", "a whole block of PKCS#7", plain_data(1, b"Z" * 9, 1) + b"\x10" * 16)
    bad("trailing-octets", "another block follows the padding", eight + b"\0" + b"Z" * 16)
    bad("length-one-short", "payload_length one below the payload", plain_data(1, b"ZZZZZZZZ", 1, 7))
    bad("length-no-room-for-version", "payload_length leaves one octet for the version", plain_data(1, b"Z" * 9, 1, 10))
    bad("length-to-the-end", "payload_length leaves no version", plain_data(1, b"Z" * 9, 1, 11))
    bad("length-past-the-end", "payload_length one octet past the data", plain_data(1, b"Z" * 9, 1, 12))
    bad("length-little-endian", "payload_length 8 in little-endian order", plain_data(1, b"ZZZZZZZZ", 1, 0x08000000))
    for length in (0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFA, 0xFFFFFFFF):
        bad(f"length-{length:08x}", "payload_length is far too large", plain_data(1, b"Z" * 9, 1, length))
    bad("all-zero-block", "tag 00", bytes(16))
    bad("version-missing", "data ends with the payload", b"\1\0\0\0\x0b" + b"Z" * 11)
    bad("two-data", "two data, one after the other", (eight + b"\0") * 2)
    n.bent("ct-under-zero-iv", INVALID, "CT made with an IV of zeros", FEW, valid_wk=True, cbc_iv=bytes(16))
    n.bent("payload-65537", INVALID, "payload one octet above the limit", [(2, "ec")], valid_wk=True,
           payload=b"Z" * 65537)
    n.bent("payload-65546", INVALID, "CT longer than any payload needs", [(2, "ec")], True, valid_wk=True,
           payload=b"Z" * 65546)


def wrong_framing(n):
    def bad(what, why, where=COMBINATIONS, cut=None, **o):
        n.bent(what, MALFORMED, why, where, cut=cut, **o)

    for key in ("ec", "rsa"):
        n.add(f"empty-{key}", key, b"", MALFORMED, "no octets")
    bad("suite-only", "ends after the suite octet", cut=lambda s: s.octets[:1])
    bad("cut-after-tag-of-wk", "ends after the first octet of WK", FEW, cut=lambda s: s.octets[:2])
    bad("cut-last-octet-of-wk", "ends one octet before the end of WK", cut=lambda s: s.octets[: len(s.wk)])
    for suite, key in FEW:
        reference = Sealed(f"s{suite}-{key}-cut", suite, n.keys[key])
        for at in sorted(set(borders(reference.tree, 1)) - {1}):
            n.add(f"s{suite}-{key}-cut-at-{at}", key, reference.octets[:at], MALFORMED, "WK ends at the border of a TLV")
    bad("no-iv", "ends after WK", cut=lambda s: s.octets[: 1 + len(s.wk)])
    bad("iv-cut", "ends one octet before the end of the IV", cut=lambda s: s.octets[: 16 + len(s.wk)])
    bad("no-ct-no-mac", "ends after the IV", cut=lambda s: s.octets[: 17 + len(s.wk)])
    bad("mac-missing", "ends after a CT of one block", cut=lambda s: s.octets[: -s.suite.mac_len])
    bad("mac-cut", "one octet of the MAC is missing", cut=lambda s: s.octets[:-1])
    bad("octet-appended", "one octet follows the MAC", cut=lambda s: s.octets + b"\0")
    bad("octet-after-wk", "one octet between WK and IV",
        cut=lambda s: s.octets[: 1 + len(s.wk)] + b"\0" + s.octets[1 + len(s.wk) :])
    bad("ct-empty", "CT of no octets under a right MAC", ct=b"")
    bad("ct-15", "CT of 15 octets under a right MAC", FEW, ct=b"Z" * 15)
    bad("ct-17", "CT of 17 octets under a right MAC", ct=b"Z" * 17)
    for key, octets in (("ec", b"\1"), ("rsa", b"\2"), ("ec", b"\2"), ("rsa", b"\1")):
        n.add(f"s{octets[0]}-{key}-zeros", key, octets + bytes(400), MALFORMED, "WK begins with 00 00")
    deep = b""
    for _ in range(3000):
        deep = Node(0x30, deep).encode()
    bad("wk-nested-deeply", "SEQUENCEs in each other, 3,000 deep", [(2, "ec")], wk=deep)
    for what, wk in (("wk-empty-sequence", b"\x30\0"), ("wk-null", b"\5\0"), ("wk-octet-string", b"\4\x10" + b"Z" * 16)):
        bad(what, "WK is DER, but no ContentInfo", FEW, wk=wk)


def not_der(n):
    # The tool's reader is lenient: of these it makes the right keys, so nothing but the form is wrong.
    lenient = ("indefinite-", "long-length-", "constructed-", "oaep-default-", "version-", "recipient-version-",
               "gcm-tag-of-12", "ephemeral-compressed", "ephemeral-hybrid")

    def bad(what, why, edit, where=COMBINATIONS, reading=False):
        n.bent(what, MALFORMED, why, where, reading, what.startswith(lenient), edit=edit)

    for name in ("ci", "ed", "eci", "ri"):
        bad(f"indefinite-{name}", "BER indefinite length", changed(name, form="indefinite"))
    bad("indefinite-content", "encryptedContent constructed, of indefinite length", lambda t: t.put(
        "eci.content", Node(0xA0, [octet_string(t.at("eci.content").body)], form="indefinite")))
    for name, form in (("ci", 4), ("ed", 3), ("ed.version", 1), ("eci.content", 2), ("ri", 5)):
        bad(f"long-length-{name.replace('.', '-')}", "length in more octets than needed", changed(name, form=form))
    bad("length-past-the-sequence", "inner length runs past the outer one", lambda t: t.put(
        "eci", Node(0x30, claiming_one_more(t.at("eci").content(), t.at("eci.content").encode()))), FEW)
    bad("integer-padded", "INTEGER with a needless octet", lambda t: changed(
        "ed.version", body=b"\0" + t.at("ed.version").body)(t))
    bad("integer-empty", "INTEGER of no octets", changed("ed.version", body=b""), FEW)
    bad("oid-padded", "OBJECT IDENTIFIER with a needless 80", lambda t: changed(
        "ri.kea.oid", body=t.at("ri.kea.oid").body[:1] + b"\x80" + t.at("ri.kea.oid").body[1:])(t))
    bad("oid-cut", "last octet of an OBJECT IDENTIFIER says that more follow", lambda t: changed(
        "ri.kea.oid", body=flip(t.at("ri.kea.oid").body, -1, 0x80))(t))
    bad("null-with-a-value", "NULL of one octet", lambda t: t.at("ri.kea.hash").body[0].body.__setitem__(
        1, Node(0x05, b"\0")), RSA)
    bad("high-tag-number", "[0] in the form for tags above 30", lambda t: changed(
        "ci", body=t.at("ci.type").encode() + b"\xbf\0" + t.at("ci.content").encode()[1:])(t), FEW)
    bad("primitive-sequence", "SEQUENCE without the constructed bit", changed("eci", tag=0x10), FEW)
    bad("constructed-content", "encryptedContent constructed", lambda t: t.put(
        "eci.content", Node(0xA0, [octet_string(t.at("eci.content").body)])))
    bad("constructed-encrypted-key", "OCTET STRING constructed", lambda t: t.put(
        "ri.key", Node(0x24, [octet_string(t.at("ri.key").body)])))
    bad("bit-string-unused-bits", "a point is whole octets", lambda t: changed(
        "ri.orig.point", body=b"\1" + t.at("ri.orig.point").body[1:])(t), EC)
    bad("oaep-default-source", "pSourceFunc DEFAULT is encoded", lambda t: t.put("ri.kea", oaep_algorithm(source=b"")), RSA)

    for name in ("ci", "ci.content", "ed", "eci", "eci.cea"):
        bad(f"trailing-in-{name.replace('.', '-')}", "a further member at the end", grown(name))
    bad("trailing-in-ri", "a further member at the end", grown("ri"), RSA)
    bad("trailing-in-rek", "a further member at the end", grown("ri.rek"), EC)
    bad("trailing-in-rid", "a further member at the end", grown("ri.rid"), EC)
    for name in ("ci.type", "ci.content", "ed.version", "ed.recipients", "eci", "eci.type", "eci.cea", "ri.version", "ri.key"):
        bad(f"without-{name.replace('.', '-')}", "a member is missing", dropped(name), FEW)
    bad("without-ri-rid", "a member is missing", dropped("ri.rid"))
    bad("without-ri-kea", "a member is missing", dropped("ri.kea"))
    bad("without-originator", "a member is missing", dropped("ri.orig"), EC)
    bad("without-gcm-tag", "a member is missing", dropped("ed.mac"), S2)
    bad("without-content", "encryptedContent is absent (detached)", dropped("eci.content"), reading=True)
    bad("no-recipient", "the set of recipients is empty", changed("ed.recipients", body=[]))
    bad("no-encrypted-key", "no RecipientEncryptedKey", changed("ri.reks", body=[]), EC)
    bad("set-as-sequence", "RecipientInfos as SEQUENCE", changed("ed.recipients", tag=0x30))
    bad("ci-as-set", "ContentInfo as SET", changed("ci", tag=0x31), FEW)
    bad("content-tag-universal", "encryptedContent as OCTET STRING, not [0]", changed("eci.content", tag=0x04))
    bad("eci-before-recipients", "members out of order", lambda t: t.at("ed").body.insert(1, t.at("ed").body.pop(2)))

    for version in (1, 3, 4):
        bad(f"version-{version}", "version does not fit the structure", changed("ed.version", body=bytes([version])), reading=True)
    bad("version-0", "version does not fit the structure", changed("ed.version", body=b"\0"), S1, True)
    bad("version-2", "version does not fit the structure", changed("ed.version", body=b"\2"), S2, True)
    bad("recipient-version-0", "version does not fit the identifier", changed("ri.version", body=b"\0"), reading=True)
    bad("recipient-version-4", "unknown version", changed("ri.version", body=b"\4"), reading=True)
    bad("cbc-iv-of-8", "AES-IV is not of 16 octets", changed("eci.iv", body=bytes(8)), S1, True)
    bad("gcm-tag-of-12", "the tag is shorter than aes-ICVlen", lambda t: changed(
        "ed.mac", body=t.at("ed.mac").body[:12])(t), S2, True)
    for what, alter in (
            ("compressed", lambda p: bytes([2 + (p[-1] & 1)]) + p[1:33]), ("hybrid", lambda p: bytes([6 + (p[-1] & 1)]) + p[1:]),
            ("infinity", lambda p: b"\0"), ("cut", lambda p: p[:-1])):
        bad(f"ephemeral-{what}", "not an uncompressed point of 65 octets", lambda t, a=alter: changed(
            "ri.orig.point", body=b"\0" + a(t.at("ri.orig.point").body[1:]))(t), EC, True)


def claiming_one_more(content, last):
    """The same members, but the last one claims one octet more than it has."""
    return content[: len(content) - len(last) + 1] + bytes([last[1] + 1]) + last[2:]


def wrong_suites(n):
    for number in (0, 3, 0x30, 0x7F, 0x80, 0xFF):
        for suite, key in COMBINATIONS:
            s = Sealed(f"s{suite}-{key}-suite-{number:02x}", suite, n.keys[key])
            n.add(s.name, key, bytes([number]) + s.octets[1:], SUITE, "unknown suite octet")
    for suite, key in COMBINATIONS:
        s = Sealed(f"s{suite}-{key}-bare", suite, n.keys[key])
        n.add(s.name, key, s.octets[1:], SUITE, "the paper's bare form: 30 is no suite")
    n.add("suite-00-only", "ec", b"\0", SUITE, "unknown suite octet, and nothing after it", True)


def wrong_algorithms(n):
    def bad(what, why, where=COMBINATIONS, reading=False, valid_wk=True, **o):
        n.bent(what, ALGORITHM, why, where, reading, valid_wk, **o)

    bad("pkcs1-v15", "RSA PKCS#1 v1.5 key transport", RSA, transport="pkcs1")
    for what, why, h, m, reading in (
            ("oaep-sha1", "OAEP with SHA-1, which is the default and left out", None, None, False),
            ("oaep-sha1-no-parameters", "OAEP without parameters, hence SHA-1", None, None, True),
            ("oaep-mgf1-sha1", "OAEP with SHA-256, but MGF1 with SHA-1", "sha256", None, False),
            ("oaep-hash-sha1", "OAEP with SHA-1, but MGF1 with SHA-256", None, "sha256", False),
            ("oaep-sha384", "OAEP with SHA-384", "sha384", "sha384", False),
            ("oaep-hash-sha384", "OAEP with SHA-384, but MGF1 with SHA-256", "sha384", "sha256", False),
            ("oaep-mgf1-sha384", "OAEP with SHA-256, but MGF1 with SHA-384", "sha256", "sha384", False)):
        kea = oaep_algorithm(h, m)
        if what.endswith("no-parameters"):
            kea.body.pop()
        # The tool needs the parameters to be there.
        bad(what, why, RSA, reading, not reading, hash=h or "sha1", mgf=m or "sha1", kea=kea)
    bad("oaep-label", "OAEP with a label in pSourceFunc", RSA, True, label=b"rehome", kea=oaep_algorithm(source=b"rehome"))

    bad("sha1kdf", "dhSinglePass-stdDH-sha1kdf", EC, kdf="sha1", scheme=STD_DH_SHA1_KDF)
    bad("sha384kdf", "dhSinglePass-stdDH-sha384kdf", EC, kdf="sha384", scheme=STD_DH_SHA384_KDF)
    bad("cofactor-sha256kdf", "dhSinglePass-cofactorDH-sha256kdf", EC, True, scheme=COFACTOR_DH_SHA256_KDF)
    bad("wrap-256", "id-aes256-wrap in suite 1", [(1, "ec")], kek=32)
    bad("wrap-128", "id-aes128-wrap in suite 2", [(2, "ec")], kek=16)
    bad("wrap-192", "id-aes192-wrap", EC, kek=24)
    bad("wrap-with-null", "key wrap with NULL parameters", EC, True,
        info=lambda wrap, bits: wrap.body.append(null()) or shared_info(wrap, bits))
    bad("wrap-missing", "key agreement without the wrap's identifier", EC, True, False, edit=dropped("ri.wrap"))
    # The user keying material is in the KDF too: the tool must open it.
    ukm = b"\xa5" * 16
    bad("ukm", "user keying material", EC,
        info=lambda wrap, bits: seq(wrap, Node(0xA0, [octet_string(ukm)]),
                                    Node(0xA2, [octet_string(bits.to_bytes(4, "big"))])).encode(),
        edit=lambda t: t.after("ri.orig", Node(0xA1, [octet_string(ukm)])))
    bad("originator-curve-named", "originator's algorithm with a named curve", EC, True,
        edit=grown("ri.orig.alg", oid(PRIME256V1)))
    bad("originator-null", "originator's algorithm with NULL", EC, True, edit=grown("ri.orig.alg"))
    bad("originator-id-ecdh", "originator's algorithm id-ecDH", EC, True, False, edit=renamed("ri.orig.alg.oid", "1.3.132.1.12"))
    for suite, key in EC:
        bad("originator-static", "originator by issuer and serial number", [(suite, key)], True, False,
            edit=changed("ri.orig", body=[n.keys["ec-no-ski"].issuer_and_serial()]))

    for suite, key in COMBINATIONS:
        by_name = n.keys[key].issuer_and_serial()
        def edit(t, by_name=by_name, suite=suite, key=key):
            t.put("ri.rid", by_name)
            if key == "rsa":
                changed("ri.version", body=b"\0")(t)
                changed("ed.version", body=b"\0")(t)
        # RFC 5652, 6.1: version 0 in suite 1 with RSA, which a reader of versions may refuse first.
        bad("issuer-and-serial", "recipient by issuer and serial number", [(suite, key)], (suite, key) == (1, "rsa"), edit=edit)
        other = n.keys[key + "-no-ski"]
        def second(t, other=other, suite=suite, label=f"s{suite}-{key}-second"):
            more = recipient(SUITES[suite], other, bytes(SUITES[suite].cek), Stream(label), {}, {})
            for _, node in more.walk():
                node.name = None
            both = sorted([t.at("ri"), more], key=Node.encode)
            changed("ed.recipients", body=both)(t)
        bad("two-recipients", "a second recipient", [(suite, key)], edit=second)
        def kek(t):
            more = seq(integer(4), seq(octet_string(b"kek")), algorithm(AES_WRAP[16], name=""), octet_string(bytes(24)), tag=0xA2)
            changed("ed.recipients", body=sorted([t.at("ri"), more], key=Node.encode))(t)
        bad("second-by-kek", "a second recipient, by key-encryption key", [(suite, key)], edit=kek)
    bad("two-encrypted-keys", "a second RecipientEncryptedKey", EC, edit=lambda t: t.at("ri.reks").body.append(
        seq(seq(octet_string(b"other"), tag=0xA0), octet_string(bytes(24)))))
    bad("rkeyid-date", "rKeyId with a date", EC, True, edit=grown("ri.rid", Node(0x18, b"20250101000000Z")))

    bad("container-of-suite-1", "EnvelopedData in suite 2", S2, container=1)
    bad("container-of-suite-2", "AuthEnvelopedData in suite 1", S1, container=2)
    bad("aes-256-cbc", "AES-256-CBC in suite 1", S1, cek=32, kek=16)
    bad("aes-192-cbc", "AES-192-CBC in suite 1", S1, cek=24, kek=16)
    bad("aes-128-gcm", "AES-128-GCM in suite 2", S2, cek=16, kek=32)
    bad("aes-192-gcm", "AES-192-GCM in suite 2", S2, cek=24, kek=32)
    bad("gcm-nonce-of-16", "GCM nonce of 16 octets", S2, nonce=16, valid_wk=False)
    bad("gcm-icvlen-12", "GCM tag of 12 octets, the default", S2, valid_wk=False, edit=lambda t: (
        t.drop("eci.icvlen"), changed("ed.mac", body=t.at("ed.mac").body[:12])(t)))
    bad("gcm-icvlen-14", "GCM tag of 14 octets", S2, edit=lambda t: (
        changed("eci.icvlen", body=b"\x0e")(t), changed("ed.mac", body=t.at("ed.mac").body[:14])(t)))
    bad("unprotected-attributes", "EnvelopedData with unprotected attributes", S1, edit=grown("ed", attributes(0xA1)))
    # RFC 5083, 2.1 and 2.2: [1], [2], and the attributes' SET OF is additional data. The tool expects other tags.
    bad("authenticated-attributes", "AuthEnvelopedData with authenticated attributes", S2, valid_wk=False,
        aad=attributes(0x31).encode(), edit=lambda t: t.before("ed.mac", attributes(0xA1)))
    bad("unauthenticated-attributes", "AuthEnvelopedData with unauthenticated attributes", S2, valid_wk=False,
        edit=grown("ed", attributes(0xA2)))
    bad("originator-info", "OriginatorInfo", reading=True, edit=lambda t: t.after("ed.version", Node(0xA0, [])))
    bad("content-type-signed-data", "content type is not id-data", reading=True, edit=renamed("eci.type", ID_SIGNED_DATA))
    bad("content-info-data", "ContentInfo is id-data", FEW, True, False, edit=renamed("ci.type", ID_DATA))
    for suite, key in COMBINATIONS:
        # CT has a wrong length under the other suite's MAC too: WK is judged first.
        s = Sealed(f"s{suite}-{key}-other-suite-octet", suite, n.keys[key])
        n.add(s.name, key, bytes([3 - suite]) + s.octets[1:], ALGORITHM, "suite octet of the other suite", True)
    for key, suite in (("ec", 2), ("rsa", 1)):
        other = "rsa" if key == "ec" else "ec"
        s = Sealed(f"s{suite}-{key}-kind-of-{other}", suite, n.keys[other], rid=n.keys[key].ski)
        n.add(s.name, key, s.octets, ALGORITHM, "recipient kind does not fit the key that it names", True)


def wrong_recipients(n):
    def bad(what, why, suite, key, reading=False, rid=None, opener=None):
        s = Sealed(f"s{suite}-{key}-{what}", suite, n.keys[key], **({} if rid is None else {"rid": rid}))
        n.add(s.name, opener or key, s.octets, NOT_OURS, why, reading)

    for suite, key in COMBINATIONS:
        ours, other = n.keys[key].ski, n.keys[key + "-no-ski"].ski
        bad("ski-of-another", "encrypted to us under another key's identifier", suite, key, rid=other)
        bad("sealed-for-another", "another key's envelope", suite, key, opener=key + "-no-ski")
        bad("sealed-for-other-kind", "another kind of key's envelope", suite, key, opener="rsa" if key == "ec" else "ec")
        bad("ski-last-bit", "last bit of the identifier", suite, key, rid=flip(ours, -1))
        bad("ski-cut", "identifier one octet short", suite, key, rid=ours[:-1])
        bad("ski-longer", "identifier one octet longer", suite, key, rid=ours + b"\0")
        bad("ski-empty", "identifier of no octets", suite, key, rid=b"")
        bad("ski-of-the-point", "SHA-256 of the public key, which the extension overrules", suite, key, rid=n.keys[key].long_ski)
        bad("no-ski-by-sha256", "no extension: SHA-1 is the rule", suite, key + "-no-ski", True, rid=n.keys[key + "-no-ski"].long_ski)
    for suite in (1, 2):
        bad("long-ski-by-sha1", "SHA-1 of the public key, which the extension overrules", suite, "ec-long-ski",
            rid=n.keys["ec-long-ski"].sha1_ski)


def negative_vectors(keys):
    n = Negatives(keys)
    for part in (wrong_macs, wrong_wraps, wrong_data, wrong_framing, not_der, wrong_suites, wrong_algorithms, wrong_recipients):
        part(n)
    return n


# --------------------------------------------------------------------------- the file

TITLE = "Envelope of the operator change, version 1: suite | WK | IV | CT | MAC"
SOURCES = [
    "docs/operator-change.md, clause 2",
    "3GPP TR 33.812, B.2.3.6 (pseudo-CR S3-091331 and its update)",
    "RFC 5652 (CMS), RFC 5083 (AuthEnvelopedData), RFC 5084 (GCM in CMS), RFC 3565 (AES in CMS)",
    "RFC 4055 and RFC 8017 (RSAES-OAEP), RFC 5753 and SEC 1 (ECDH, X9.63 KDF), RFC 3394 (AES key wrap)",
]
NOTES = [
    "Made by model/envelope.py from the documents above; model/README.md says how it was checked.",
    "Long ones: envelope_base64 stands for envelope_hex, payload_repeat and payload_length for payload_hex.",
    "The payload is opaque here: its TLVs and the rules for tags 02 and 03 belong to the layer above.",
    "A certificate without subjectKeyIdentifier: the identifier is SHA-1 of the subjectPublicKey octets.",
    "basis clause: the code follows from the clause. basis reading: that it is refused (or opened) does, the code is a reading; "
    "the list of readings is in model/README.md.",
    "One fault for each negative vector; the MAC of suite 2 is made over the faulty WK. Names begin with suite and key.",
    "steps are the values on the way to WK; with openssl-wk the sender's secrets are unknown. All keys are test keys.",
]


def octets_entry(octets):
    if len(octets) > 10000:
        return {"envelope_base64": base64.b64encode(octets).decode()}
    return {"envelope_hex": octets.hex()}


def positive_entry(s, basis):
    entry = {"name": s.name, "key": s.key.name, "suite": s.suite.number, "tag": s.tag, "version": s.version, "basis": basis}
    if len(s.payload) > 10000:
        entry |= {"payload_repeat": s.payload[:1].hex(), "payload_length": len(s.payload)}
    else:
        entry["payload_hex"] = s.payload.hex()
    entry |= {"pik_hex": s.pik.hex(), "pck_hex": s.pck.hex(), "iv_hex": s.iv.hex()}
    steps = dict(s.note)
    points = [n.body[1:] for _, n in read_der(s.wk, 0, 0)[0].walk() if n.tag == 0x03]
    if points:
        steps.setdefault("ephemeral", {"public_hex": points[0].hex()})
    if "ephemeral" in steps:
        entry["ephemeral"] = steps.pop("ephemeral")
    if steps:
        entry["steps"] = steps
    return entry | octets_entry(s.octets)


def make_document():
    keys = make_keys()
    positives, negatives = positive_vectors(keys), negative_vectors(keys)
    names = [s.name for s, _ in positives] + [row[0] for row in negatives.out]
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
    document = {
        "title": TITLE, "sources": SOURCES, "notes": NOTES,
        "keys": {k.name: {"kind": k.kind, "private_key_pkcs8_pem": k.private_pem(), "certificate_pem": k.certificate_pem()}
                 for k in keys.values()},
        "positive": [positive_entry(s, basis) for s, basis in positives],
        "negative": [{"name": name, "key": key, "code": code, "why": why, "basis": basis} | octets_entry(octets)
                     for name, key, octets, code, why, basis in negatives.out],
    }
    return document, positives, negatives


class OpenerKey:
    """A key as the file gives it."""

    def __init__(self, entry):
        self.kind = entry["kind"]
        self.private = serialization.load_pem_private_key(entry["private_key_pkcs8_pem"].encode(), None)
        certificate = x509.load_pem_x509_certificate(entry["certificate_pem"].encode())
        try:
            self.ski = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        except x509.ExtensionNotFound:
            public = certificate.public_key()
            self.ski = hashlib.sha1(Key.public_octets(public)).digest()


def entry_octets(entry):
    if "envelope_hex" in entry:
        return bytes.fromhex(entry["envelope_hex"])
    return base64.b64decode(entry["envelope_base64"])


def entry_payload(entry):
    if "payload_hex" in entry:
        return bytes.fromhex(entry["payload_hex"])
    return bytes.fromhex(entry["payload_repeat"]) * entry["payload_length"]


def faults(document):
    keys = {name: OpenerKey(entry) for name, entry in document["keys"].items()}
    for entry in document["positive"]:
        want = {"tag": entry["tag"], "version": entry["version"], "payload": entry_payload(entry),
                "keys": bytes.fromhex(entry["pik_hex"] + entry["pck_hex"])}
        try:
            if open_envelope(keys[entry["key"]], entry_octets(entry)) != want:
                yield entry["name"], "opens to something else"
        except Refused as refused:
            yield entry["name"], refused.args
    for entry in document["negative"]:
        try:
            open_envelope(keys[entry["key"]], entry_octets(entry))
            yield entry["name"], "is opened"
        except Refused as refused:
            if refused.code != entry["code"]:
                yield entry["name"], (entry["code"], refused.args)


def report(document):
    found = list(faults(document))
    for fault in found:
        print(*fault)
    codes = [entry["code"] for entry in document["negative"]]
    print(len(document["positive"]), "positive,", len(codes), "negative:", {c: codes.count(c) for c in sorted(set(codes))})
    print("readings:", sum(e["basis"] == "reading" for part in ("positive", "negative") for e in document[part]))
    return not found


# --------------------------------------------------------------------------- against the tool


def openssl(*arguments):
    return subprocess.run(["openssl", "cms", *map(str, arguments)], capture_output=True, check=False)


def shape(node):
    """A tree with the values of its strings taken out: tags, lengths, OIDs and integers remain."""
    if isinstance(node.body, list):
        return node.tag, [shape(child) for child in node.body]
    return node.tag, len(node.body) if node.tag in (0x03, 0x04, 0x80) else node.body


def tool_opens(folder, s):
    (folder / "wk").write_bytes(s.wk)
    # Without the extension the tool can't match a recipient by certificate: then it tries the key alone.
    by_certificate = [] if s.key.name.endswith("no-ski") else ["-recip", folder / f"{s.key.name}.crt"]
    done = openssl("-decrypt", "-binary", "-inform", "DER", "-in", folder / "wk", "-inkey", folder / f"{s.key.name}.key",
                   *by_certificate)
    return done.returncode == 0 and done.stdout == s.pik + s.pck


def tool_seals(folder, suite, key, keys):
    """A WK made by the tool has our shape, and our opener takes it."""
    name = f"s{suite}-{key}-openssl-wk"
    stream = Stream(name)
    content = stream.octets(SUITES[suite].pik) + stream.octets(SUITES[suite].pck)
    (folder / "content").write_bytes(content)
    options = ["-keyopt", "ecdh_kdf_md:sha256"] if key == "ec" else [
        "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256"]
    openssl("-encrypt", "-binary", "-outform", "DER", "-keyid", "-aes-128-cbc" if suite == 1 else "-aes-256-gcm",
            "-in", folder / "content", "-out", folder / "made", "-recip", folder / f"{key}.crt", *options)
    wk = (folder / "made").read_bytes()
    s = Sealed(name, suite, keys[key], wk=wk)
    opened = open_envelope(keys[key], s.octets)
    ours = wrapped_keys(SUITES[suite], keys[key], content, stream, {"kea": oaep_algorithm(parameters=False)}, {})
    same = shape(read_der(wk, 0, 0)[0]) == shape(ours)
    return opened["keys"] == content, same, base64.b64encode(wk).decode()


def against_tool():
    _, positives, negatives = make_document()
    keys, bad = make_keys(), 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for key in keys.values():
            (folder / f"{key.name}.key").write_text(key.private_pem())
            (folder / f"{key.name}.crt").write_text(key.certificate_pem())
        for title, group in (("positive", [s for s, _ in positives]), ("negative with a sound WK", negatives.sealed)):
            failed = [s.name for s in group if not tool_opens(folder, s)]
            print(title, len(group), "opened by the tool, failed:", failed)
            bad += len(failed)
        for suite, key in COMBINATIONS:
            opened, same, wk = tool_seals(folder, suite, key, keys)
            print(f"s{suite}-{key}: WK of the tool opened: {opened}, of our shape: {same}")
            bad += not (opened and same)
            if "--print" in sys.argv:
                print(wk)
    return bad == 0


def main():
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command == "openssl":
        return against_tool()
    document, _, _ = make_document()
    text = json.dumps(document, indent=1) + "\n"
    if command == "write":
        OUTPUT.write_text(text)
    elif command != "check":
        sys.exit(__doc__)
    elif OUTPUT.read_text() != text:
        print("the file differs from what the model makes")
        return False
    return report(json.loads(OUTPUT.read_text()))


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
