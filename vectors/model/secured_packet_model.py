"""An independent model of the secured packets of ETSI TS 102 225.

Clauses: ETSI TS 102 225 clause 5.1 (command packet; 5.1.1 SPI, 5.1.2 KIc,
5.1.3 KID) and clause 5.2 (response packet); for the framings, 3GPP TS 31.115
(short messages) and the clauses of ETSI TS 102 225 on CAT_TP and TCP/IP.
Primitives: FIPS 46-3 (DES, triple DES), FIPS 113 (DES checksum), FIPS 197
(AES), RFC 4493 (CMAC), ITU-T X.25 (CRC-16) and the CRC-32 of zlib.

It was written from the rules of these clauses, as a summary gives them, and
from known answers, not from the code of this project, so that the two can be
compared.  It is slow and not protected against side channels: for tests only.

    python3 secured_packet_model.py check VECTORS.json
        Builds the commands and responses of the vectors and computes their
        primitives, prints what was checked, exits with 1 on a mismatch.
    python3 secured_packet_model.py generate > FILE
        Prints 10,000 pairs of digests of packets with pseudo-random inputs.
        The comment at the head of the output says how they are derived.

Needs Python 3.11 and nothing but its standard library.
"""

import hashlib
import json
import sys
import zlib

# ---------------------------------------------------------------- DES (FIPS 46-3)

INITIAL = [58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
           62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
           57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
           61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7]
FINAL = [INITIAL.index(bit) + 1 for bit in range(1, 65)]
P = [16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
     2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25]
PC1 = [57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18,
       10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
       63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22,
       14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4]
PC2 = [14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10,
       23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
       41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48,
       44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32]
SHIFTS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1]
# Each S-box: four rows of sixteen hexadecimal digits.
S_BOXES = [
    "e4d12fb83a6c5907" "0f74e2d1a6cb9538" "41e8d62bfc973a50" "fc8249175b3ea06d",
    "f18e6b34972dc05a" "3d47f28ec01a69b5" "0e7ba4d158c6932f" "d8a13f42b67c05e9",
    "a09e63f51dc7b428" "d709346a285ecbf1" "d6498f30b12c5ae7" "1ad069874fe3b52c",
    "7de3069a1285bc4f" "d8b56f03472c1ae9" "a690cb7df13e5284" "3f06a1d8945bc72e",
    "2c417ab6853fd0e9" "eb2c47d150fa3986" "421bad78f9c5630e" "b8c71e2d6f09a453",
    "c1af92680d34e75b" "af427c9561de0b38" "9ef528c3704a1db6" "432c95fabe17608d",
    "4b2ef08d3c975a61" "d0b7491ae35c2f86" "14bdc37eaf680592" "6bd814a7950fe23c",
    "d2846fb1a93e50c7" "1fd8a374c56b0e92" "7b419ce206adf358" "21e74a8dfc90356b",
]


def permute(value, width, table):
    """The bits of value that table names; bit 1 is the leftmost of width."""
    out = 0
    for bit in table:
        out = out << 1 | value >> (width - bit) & 1
    return out


def octet_tables(table):
    """permute() for 64 bits, worked out for each octet at each place."""
    return [[permute(octet << 56 - 8 * place, 64, table) for octet in range(256)]
            for place in range(8)]


def permute_64(value, tables):
    out = 0
    for place in range(8):
        out |= tables[place][value >> 56 - 8 * place & 0xFF]
    return out


def substitution(box):
    """S-box number box followed by P, for each six-bit input."""
    out = []
    for six in range(64):
        row = six >> 4 & 2 | six & 1
        column = six >> 1 & 15
        four = int(S_BOXES[box][16 * row + column], 16)
        out.append(permute(four << 28 - 4 * box, 32, P))
    return out


INITIAL_TABLES = octet_tables(INITIAL)
FINAL_TABLES = octet_tables(FINAL)
SUBSTITUTIONS = [substitution(box) for box in range(8)]


class Des:
    block = 8

    def __init__(self, key):
        assert len(key) == 8
        bits = permute(int.from_bytes(key), 64, PC1)
        left, right = bits >> 28, bits & 0xFFFFFFF
        self.rounds = []
        for shift in SHIFTS:
            left = (left << shift | left >> 28 - shift) & 0xFFFFFFF
            right = (right << shift | right >> 28 - shift) & 0xFFFFFFF
            round_key = permute(left << 28 | right, 56, PC2)
            self.rounds.append([round_key >> 42 - 6 * i & 63 for i in range(8)])

    def run(self, octets, rounds):
        value = permute_64(int.from_bytes(octets), INITIAL_TABLES)
        left, right = value >> 32, value & 0xFFFFFFFF
        for round_key in rounds:
            # The expansion: eight six-bit groups that overlap by two bits,
            # the last bit before the first and the first after the last.
            wide = (right & 1) << 33 | right << 1 | right >> 31
            mixed = 0
            for i in range(8):
                mixed |= SUBSTITUTIONS[i][wide >> 28 - 4 * i & 63 ^ round_key[i]]
            left, right = right, left ^ mixed
        return permute_64(right << 32 | left, FINAL_TABLES).to_bytes(8)

    def encrypt(self, octets):
        return self.run(octets, self.rounds)

    def decrypt(self, octets):
        return self.run(octets, self.rounds[::-1])


class TripleDes:
    """Encrypt, decrypt, encrypt; two keys: the first is also the third."""

    block = 8

    def __init__(self, key):
        assert len(key) in (16, 24)
        self.first = Des(key[:8])
        self.second = Des(key[8:16])
        self.third = Des(key[16:]) if len(key) == 24 else self.first

    def encrypt(self, octets):
        return self.third.encrypt(self.second.decrypt(self.first.encrypt(octets)))

    def decrypt(self, octets):
        return self.first.decrypt(self.second.encrypt(self.third.decrypt(octets)))


# ---------------------------------------------------------------- AES (FIPS 197)


def multiply(a, b):
    """The product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1."""
    out = 0
    while b:
        if b & 1:
            out ^= a
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return out


def aes_s_box():
    out = []
    for value in range(256):
        inverse = 1
        for _ in range(254):  # value^254 is the inverse, 0 stays 0
            inverse = multiply(inverse, value)
        octet = 0x63
        for turn in range(5):
            octet ^= (inverse << turn | inverse >> 8 - turn) & 0xFF
        out.append(octet)
    return out


AES_S_BOX = aes_s_box()
AES_S_BOX_INVERSE = [AES_S_BOX.index(octet) for octet in range(256)]
TIMES = {factor: [multiply(factor, octet) for octet in range(256)]
         for factor in (2, 3, 9, 11, 13, 14)}
# The state is sixteen octets, column after column: octet r + 4 c is row r of
# column c.  Row r turns left by r columns.
SHIFT_ROWS = [i % 4 + 4 * ((i // 4 + i % 4) % 4) for i in range(16)]
SHIFT_ROWS_INVERSE = [SHIFT_ROWS.index(i) for i in range(16)]


class Aes:
    block = 16

    def __init__(self, key):
        assert len(key) in (16, 24, 32)
        words_in_key = len(key) // 4
        rounds = words_in_key + 6
        words = [list(key[i:i + 4]) for i in range(0, len(key), 4)]
        constant = 1
        for i in range(words_in_key, 4 * (rounds + 1)):
            word = words[-1]
            if i % words_in_key == 0:
                word = [AES_S_BOX[octet] for octet in word[1:] + word[:1]]
                word[0] ^= constant
                constant = multiply(constant, 2)
            elif words_in_key == 8 and i % 8 == 4:
                word = [AES_S_BOX[octet] for octet in word]
            words.append([a ^ b for a, b in zip(words[-words_in_key], word)])
        self.round_keys = [sum(words[i:i + 4], []) for i in range(0, len(words), 4)]

    def encrypt(self, octets):
        two, three = TIMES[2], TIMES[3]
        state = [a ^ b for a, b in zip(octets, self.round_keys[0])]
        for number, key in enumerate(self.round_keys[1:], 1):
            state = [AES_S_BOX[state[i]] for i in SHIFT_ROWS]
            if number < len(self.round_keys) - 1:
                mixed = []
                for i in range(0, 16, 4):
                    a, b, c, d = state[i:i + 4]
                    mixed += [two[a] ^ three[b] ^ c ^ d, a ^ two[b] ^ three[c] ^ d,
                              a ^ b ^ two[c] ^ three[d], three[a] ^ b ^ c ^ two[d]]
                state = mixed
            state = [a ^ b for a, b in zip(state, key)]
        return bytes(state)

    def decrypt(self, octets):
        nine, eleven, thirteen, fourteen = (TIMES[f] for f in (9, 11, 13, 14))
        state = list(octets)
        for number in range(len(self.round_keys) - 1, 0, -1):
            state = [a ^ b for a, b in zip(state, self.round_keys[number])]
            if number < len(self.round_keys) - 1:
                mixed = []
                for i in range(0, 16, 4):
                    a, b, c, d = state[i:i + 4]
                    mixed += [fourteen[a] ^ eleven[b] ^ thirteen[c] ^ nine[d],
                              nine[a] ^ fourteen[b] ^ eleven[c] ^ thirteen[d],
                              thirteen[a] ^ nine[b] ^ fourteen[c] ^ eleven[d],
                              eleven[a] ^ thirteen[b] ^ nine[c] ^ fourteen[d]]
                state = mixed
            state = [AES_S_BOX_INVERSE[state[i]] for i in SHIFT_ROWS_INVERSE]
        return bytes(a ^ b for a, b in zip(state, self.round_keys[0]))


# ---------------------------------------------------------------- modes and checks


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def blocks_of(octets, size):
    assert len(octets) % size == 0
    return [octets[i:i + size] for i in range(0, len(octets), size)]


def ecb_encrypt(cipher, octets):
    return b"".join(cipher.encrypt(part) for part in blocks_of(octets, cipher.block))


def ecb_decrypt(cipher, octets):
    return b"".join(cipher.decrypt(part) for part in blocks_of(octets, cipher.block))


def cbc_encrypt(cipher, octets):
    """Cipher block chaining; the initial value is zero."""
    last, out = bytes(cipher.block), b""
    for part in blocks_of(octets, cipher.block):
        last = cipher.encrypt(xor(part, last))
        out += last
    return out


def cbc_decrypt(cipher, octets):
    last, out = bytes(cipher.block), b""
    for part in blocks_of(octets, cipher.block):
        out += xor(cipher.decrypt(part), last)
        last = part
    return out


def cbc_mac(cipher, octets):
    """The last block of the CBC encryption, the end filled with zeros."""
    return cbc_encrypt(cipher, octets + bytes(-len(octets) % 8))[-8:]


def cmac(cipher, octets):
    def doubled(block):
        value = int.from_bytes(block) << 1
        if value >> 128:
            value = value & (1 << 128) - 1 ^ 0x87
        return value.to_bytes(16)

    subkey = doubled(cipher.encrypt(bytes(16)))
    whole_blocks = max(0, len(octets) - 1) // 16 * 16
    end = octets[whole_blocks:]
    if len(end) < 16:
        end = end + b"\x80" + bytes(15 - len(end))
        subkey = doubled(subkey)
    return cbc_encrypt(cipher, octets[:whole_blocks] + xor(end, subkey))[-16:]


def crc16(octets):
    """CRC-16 of X.25 (polynomial 1021 reflected), high octet first."""
    value = 0xFFFF
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return (value ^ 0xFFFF).to_bytes(2)


def crc32(octets):
    return zlib.crc32(octets).to_bytes(4)


class Ciphering:
    def __init__(self, cipher, ecb=False):
        self.block = cipher.block
        self.encrypt = lambda octets: (ecb_encrypt if ecb else cbc_encrypt)(cipher, octets)
        self.decrypt = lambda octets: (ecb_decrypt if ecb else cbc_decrypt)(cipher, octets)


class Check:
    """A redundancy check or a cryptographic checksum and its length."""

    def __init__(self, length, compute):
        self.length = length
        self.compute = lambda octets: compute(octets)[:length]


NO_CHECK = Check(0, lambda octets: b"")
CRC16 = Check(2, crc16)
CRC32 = Check(4, crc32)


def mac_check(cipher):
    return Check(8, lambda octets: cbc_mac(cipher, octets))


def cmac_check(cipher, length):
    return Check(length, lambda octets: cmac(cipher, octets))


# ---------------------------------------------------------------- packets

SMS, BER = 0, 1
NONE, RC, CC = 0, 1, 2


def ber_length(length):
    """A BER length in its shortest form."""
    if length < 0x80:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([0x80 | len(octets)]) + octets


def spi_octets(integrity, ciphered, counter, receipt, receipt_integrity,
               receipt_ciphered, carrier):
    return bytes([integrity | ciphered << 2 | counter << 3,
                  receipt | receipt_integrity << 2 | receipt_ciphered << 4 | carrier << 5])


def packet(start, fixed, counter, status, data, check, ciphering):
    """The common part of both packets.

    start(length) gives what stands before CHL or RHL; fixed stands between
    that octet and CNTR; status is empty in a command.
    """
    header_length = len(fixed) + len(counter) + 1 + len(status) + check.length
    padding = b""
    if ciphering:
        to_cipher = len(counter) + 1 + len(status) + check.length + len(data)
        padding = bytes(-to_cipher % ciphering.block)
    # CHL or RHL is the first octet counted.
    begin = start(1 + header_length + len(data) + len(padding))
    begin += bytes([header_length]) + fixed
    before_check = counter + bytes([len(padding)]) + status
    after_check = data + padding
    value = check.compute(begin + before_check + after_check)
    rest = before_check + value + after_check
    return begin + (ciphering.encrypt(rest) if ciphering else rest)


def command_start(framing):
    if framing == SMS:
        return lambda length: length.to_bytes(2)
    return lambda length: b"\x01" + ber_length(length)


def response_start(framing):
    if framing == SMS:
        return lambda length: b"\x02\x71\x00" + length.to_bytes(2)
    return lambda length: b"\x02" + ber_length(length)


def command_packet(framing, spi, kic, kid, tar, counter, data, check, ciphering):
    assert (len(spi), len(tar), len(counter)) == (2, 3, 5)
    fixed = spi + bytes([kic, kid]) + tar
    return packet(command_start(framing), fixed, counter, b"", data, check, ciphering)


def response_packet(framing, tar, counter, status, data, check, ciphering):
    assert (len(tar), len(counter)) == (3, 5)
    return packet(response_start(framing), tar, counter, bytes([status]), data, check, ciphering)


def read_sms_response(octets, check, ciphering):
    """The fields of a response that begins with 02 71 00."""
    if octets[:3] != b"\x02\x71\x00":
        raise ValueError("the response does not begin with 02 71 00")
    clear, rest = octets[:9], octets[9:]
    if ciphering:
        rest = ciphering.decrypt(rest)
    counter, padding, status = rest[:5], rest[5], rest[6]
    value, after_check = rest[7:7 + check.length], rest[7 + check.length:]
    good = None
    if check.length:
        good = check.compute(clear + rest[:7] + after_check) == value
    return {
        "rpl": int.from_bytes(octets[3:5]),
        "rpl_ok": int.from_bytes(octets[3:5]) == len(octets) - 5,
        "rhl": octets[5],
        "tar": octets[6:9].hex(),
        "cntr": counter.hex(),
        "pcntr": padding,
        "status": status,
        "cc": value.hex(),
        "cc_ok": good,
        "data": after_check[:len(after_check) - padding].hex(),
    }


# ---------------------------------------------------------------- known answers

# The names of the vectors, with the low nibble of KIc or KID.
CIPHERINGS = {
    "des_cbc": (0x1, lambda key: Ciphering(Des(key))),
    "des_ecb": (0xD, lambda key: Ciphering(Des(key), ecb=True)),
    "3des2": (0x5, lambda key: Ciphering(TripleDes(key))),
    "3des3": (0x9, lambda key: Ciphering(TripleDes(key))),
    "aes_cbc": (0x2, lambda key: Ciphering(Aes(key))),
}
CHECKS = {
    "des": (CC, 0x1, lambda key: mac_check(Des(key))),
    "3des2": (CC, 0x5, lambda key: mac_check(TripleDes(key))),
    "3des3": (CC, 0x9, lambda key: mac_check(TripleDes(key))),
    "aes_cmac_32": (CC, 0x2, lambda key: cmac_check(Aes(key), 4)),
    "aes_cmac_64": (CC, 0x2, lambda key: cmac_check(Aes(key), 8)),
    "crc16": (RC, 0x1, lambda key: CRC16),
    "crc32": (RC, 0x5, lambda key: CRC32),
}


def folded(octets, width):
    """Proprietary: the exclusive or of all groups of width octets."""
    out = bytes(width)
    for part in blocks_of(octets + bytes(-len(octets) % width), width):
        out = xor(out, part)
    return out


class Report:
    def __init__(self):
        self.failed = 0

    def case(self, kind, name, mismatches):
        print(f"{'FAIL' if mismatches else 'ok  '} {kind}: {name}")
        for field, expected, got in mismatches:
            print(f"     {field}: expected {expected}, got {got}")
        self.failed += bool(mismatches)


def differences(pairs):
    return [(field, expected, got) for field, expected, got in pairs if expected != got]


def protection(vector, integrity, ciphered):
    kind, _, make_check = CHECKS[vector["auth"]]
    if integrity not in (NONE, kind):
        raise ValueError("the SPI asks for another kind of check than the vector names")
    check = make_check(bytes.fromhex(vector["kid_key"])) if integrity else NO_CHECK
    ciphering = None
    if ciphered:
        ciphering = CIPHERINGS[vector["cipher"]][1](bytes.fromhex(vector["kic_key"]))
    return check, ciphering


def check_command(vector):
    spi = bytes.fromhex(vector["spi"])
    kic, kid = int(vector["kic"], 16), int(vector["kid"], 16)
    check, ciphering = protection(vector, spi[0] & 3, spi[0] >> 2 & 1)
    built = command_packet(SMS, spi, kic, kid, bytes.fromhex(vector["tar"]),
                           bytes.fromhex(vector["cntr"]), bytes.fromhex(vector["secured_data"]),
                           check, ciphering)
    return differences([
        ("command_packet", vector["command_packet"], built.hex()),
        ("low nibble of kic", kic & 15, CIPHERINGS[vector["cipher"]][0]),
        ("low nibble of kid", kid & 15, CHECKS[vector["auth"]][1]),
    ])


def check_response(vector):
    """Reads the response, then builds it again from what was read.

    Where the vector says that the checksum is wrong, the response that is
    built must have another checksum.
    """
    octets = bytes.fromhex(vector["response_with_udh"])
    spi2 = int(vector["spi2"], 16)
    check, ciphering = protection(vector, spi2 >> 2 & 3, spi2 >> 4 & 1)
    read = read_sms_response(octets, check, ciphering)
    pairs = [(f"{part}.{field}", expected, read[field])
             for part in ("expect", "decoded")
             for field, expected in vector[part].items()]
    built = response_packet(SMS, bytes.fromhex(read["tar"]), bytes.fromhex(read["cntr"]),
                            read["status"], bytes.fromhex(read["data"]), check, ciphering)
    pairs.append(("built again, the same", read["cc_ok"] is not False, built == octets))
    return differences(pairs)


def check_primitive(vector):
    name = vector["alg"].split()[0]
    data = bytes.fromhex(vector["data"])
    if name in ("xor4", "xor8"):
        got = folded(data, int(name[3:]))
    else:
        got = CHECKS[name][2](bytes.fromhex(vector.get("key", ""))).compute(data)
    return differences([("out", vector["out"], got.hex())])


def check_vectors(path):
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    report = Report()
    counts = []

    def section(kind, cases, name, run):
        before = report.failed
        for vector in cases:
            try:
                mismatches = run(vector)
            except (KeyError, ValueError, IndexError, AssertionError) as error:
                mismatches = [("the whole case", "a result", repr(error))]
            report.case(kind, name(vector), mismatches)
        if not cases:
            report.case(kind, "no cases in the file", [("cases", "some", "none")])
        counts.append(f"{len(cases)} {kind} cases, {report.failed - before} wrong")

    section("command", vectors["commands"] + vectors.get("lwm2m_generated", []),
            lambda v: v["name"], check_command)
    section("response", vectors["responses"], lambda v: v["name"], check_response)
    section("primitive", vectors["primitive_kats"],
            lambda v: f"{v['alg'].split()[0]} of {len(v['data']) // 2} octets", check_primitive)
    if "ber_length" in vectors:
        section("BER length", vectors["ber_length"], lambda v: str(v[0]),
                lambda v: differences([("octets", v[1], ber_length(v[0]).hex())]))
    for line in counts:
        print(line)
    return 1 if report.failed else 0


# ---------------------------------------------------------------- generated packets

COUNT = 10_000

DERIVATION = """\
Digests of secured packets of ETSI TS 102 225, printed by the command
"python3 secured_packet_model.py generate".

After these comments there are 10,000 lines of 32 lower-case hexadecimal
digits, the first for packet 0.  Line n is the first 8 octets of
SHA-256(command packet n), then the first 8 octets of SHA-256(response packet n).

Inputs of packet n (0 to 9,999): a SplitMix64 generator whose state is n at
first.  Arithmetic is modulo 2^64, >> and << shift, ^ is exclusive or,
% is the remainder.
  next():  state += 0x9e3779b97f4a7c15; z = state;
           z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
           z = (z ^ (z >> 27)) * 0x94d049bb133111eb; the result is z ^ (z >> 31)
  pick(m): next() % m
  take(k): k octets, each of them next() & 0xff
In this order:
  framing           = pick(2): 0 SMS, 1 BER
  integrity         = pick(3): 0 none, 1 RC, 2 CC
  ciphered          = pick(2): 0 no, 1 yes
  counter           = pick(4)
  receipt           = pick(3)
  receipt integrity = pick(3): as integrity
  receipt ciphered  = pick(2)
  carrier           = pick(2)
  number            = 1 + pick(15)
  cipher            = pick(7), of this list:
                      0 DES-CBC, key of 8 octets, nibble 1
                      1 DES-ECB, key of 8 octets, nibble D
                      2 3DES-CBC, two keys, 16 octets, nibble 5
                      3 3DES-CBC, three keys, 24 octets, nibble 9
                      4 AES-CBC, key of 16 octets, nibble 2
                      5 AES-CBC, key of 24 octets, nibble 2
                      6 AES-CBC, key of 32 octets, nibble 2
  KIc key           = take(the length of that key)
  mac               = pick(7), of this list:
                      0 DES CBC-MAC, key of 8 octets, nibble 1
                      1 3DES CBC-MAC, two keys, 16 octets, nibble 5
                      2 3DES CBC-MAC, three keys, 24 octets, nibble 9
                      3 AES-CMAC cut to 4 octets, key of 16 octets, nibble 2
                      4 AES-CMAC cut to 8 octets, key of 16 octets, nibble 2
                      5 AES-CMAC cut to 8 octets, key of 24 octets, nibble 2
                      6 AES-CMAC cut to 4 octets, key of 32 octets, nibble 2
  KID key           = take(the length of that key)
  crc               = pick(2): 0 CRC-16, nibble 1; 1 CRC-32, nibble 5
  TAR               = take(3)
  CNTR              = take(5)
  data              = take(pick(256)), pick first, then take
  status            = pick(13)
  response data     = take(pick(64)), pick first, then take
Then: if integrity is RC and receipt integrity is CC, receipt integrity becomes
RC; if integrity is CC and receipt integrity is RC, receipt integrity becomes
CC (KID names one algorithm).
  SPI1 = integrity | ciphered << 2 | counter << 3
  SPI2 = receipt | receipt integrity << 2 | receipt ciphered << 4 | carrier << 5
  KIc  = number << 4 | the nibble of the cipher, ciphered or not
  KID  = number << 4 | the nibble of the crc if integrity or receipt integrity
         is RC, otherwise number << 4 | the nibble of the mac
A response packet is built in every case, whatever receipt is.  It has the
TAR and CNTR of the command, the KIc key and cipher if receipt ciphered is 1,
and the check that receipt integrity names: the crc for RC, the mac with the
KID key for CC.

Command:  start, CHL (1 octet), SPI1, SPI2, KIc, KID, TAR (3), CNTR (5),
          PCNTR (1), RC/CC, data, padding; CHL = 13 + the length of RC/CC.
          Start: SMS, CPL (2 octets, high octet first); BER, the octet 01 and
          a BER length.  A command of SMS has no 02 70 00 before it.
Response: start, RHL (1 octet), TAR (3), CNTR (5), PCNTR (1), status (1),
          RC/CC, response data, padding; RHL = 10 + the length of RC/CC.
          Start: SMS, the octets 02 71 00 and RPL (2 octets, high octet
          first); BER, the octet 02 and a BER length.  The packet that is
          digested begins with these octets.
CPL, RPL and the BER length count the octets after themselves; a BER length
has its shortest form.
Ciphering goes from CNTR to the end, which is padded with zeros to whole
blocks (8 octets, AES 16; none if it fits); PCNTR is the number of padding
octets, 0 without ciphering.  CBC has a zero initial value.  3DES encrypts,
decrypts and encrypts in outer CBC; with two keys the third is the first.
RC/CC covers the whole packet before ciphering, from the first octet of its
start to the end, padding included, without RC/CC itself.
DES and 3DES CBC-MAC: the input filled with zeros to whole blocks of 8
octets (none if it fits), CBC with a zero initial value, the last block.
AES-CMAC is that of RFC 4493, with AES-192 and AES-256 likewise; cut: its
first octets.  CRC-16 is that of X.25, high octet first (0102030405 gives
22ec); CRC-32 is that of zlib, high octet first (0102030405 gives 470b99f4).
Parity bits of DES keys are ignored.
"""

# Key length, low nibble, and what is made with the key.
GENERATED_CIPHERS = [
    (8, 0x1, lambda key: Ciphering(Des(key))),
    (8, 0xD, lambda key: Ciphering(Des(key), ecb=True)),
    (16, 0x5, lambda key: Ciphering(TripleDes(key))),
    (24, 0x9, lambda key: Ciphering(TripleDes(key))),
    (16, 0x2, lambda key: Ciphering(Aes(key))),
    (24, 0x2, lambda key: Ciphering(Aes(key))),
    (32, 0x2, lambda key: Ciphering(Aes(key))),
]
GENERATED_MACS = [
    (8, 0x1, lambda key: mac_check(Des(key))),
    (16, 0x5, lambda key: mac_check(TripleDes(key))),
    (24, 0x9, lambda key: mac_check(TripleDes(key))),
    (16, 0x2, lambda key: cmac_check(Aes(key), 4)),
    (16, 0x2, lambda key: cmac_check(Aes(key), 8)),
    (24, 0x2, lambda key: cmac_check(Aes(key), 8)),
    (32, 0x2, lambda key: cmac_check(Aes(key), 4)),
]
GENERATED_CRCS = [(0x1, CRC16), (0x5, CRC32)]


class SplitMix64:
    def __init__(self, state):
        self.state = state

    def next(self):
        mask = (1 << 64) - 1
        self.state = self.state + 0x9E3779B97F4A7C15 & mask
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        return z ^ z >> 31

    def pick(self, bound):
        return self.next() % bound

    def take(self, length):
        return bytes(self.next() & 0xFF for _ in range(length))


def generated_packets(n):
    """The command packet and the response packet number n."""
    random = SplitMix64(n)
    framing = random.pick(2)
    integrity = random.pick(3)
    ciphered = random.pick(2)
    counter_mode = random.pick(4)
    receipt = random.pick(3)
    receipt_integrity = random.pick(3)
    receipt_ciphered = random.pick(2)
    carrier = random.pick(2)
    number = 1 + random.pick(15)
    key_length, cipher_nibble, make_ciphering = GENERATED_CIPHERS[random.pick(7)]
    kic_key = random.take(key_length)
    key_length, mac_nibble, make_mac = GENERATED_MACS[random.pick(7)]
    kid_key = random.take(key_length)
    crc_nibble, crc = GENERATED_CRCS[random.pick(2)]
    tar = random.take(3)
    counter = random.take(5)
    data = random.take(random.pick(256))
    status = random.pick(13)
    response_data = random.take(random.pick(64))

    if integrity == RC and receipt_integrity == CC:
        receipt_integrity = RC
    elif integrity == CC and receipt_integrity == RC:
        receipt_integrity = CC
    spi = spi_octets(integrity, ciphered, counter_mode, receipt, receipt_integrity,
                     receipt_ciphered, carrier)
    kic = number << 4 | cipher_nibble
    kid = number << 4 | (crc_nibble if RC in (integrity, receipt_integrity) else mac_nibble)
    ciphering = make_ciphering(kic_key)
    checks = {NONE: NO_CHECK, RC: crc, CC: make_mac(kid_key)}
    command = command_packet(framing, spi, kic, kid, tar, counter, data, checks[integrity],
                             ciphering if ciphered else None)
    response = response_packet(framing, tar, counter, status, response_data,
                               checks[receipt_integrity],
                               ciphering if receipt_ciphered else None)
    return command, response


def generate():
    for line in DERIVATION.splitlines():
        print(f"# {line}".rstrip())
    for n in range(COUNT):
        print("".join(hashlib.sha256(octets).hexdigest()[:16] for octets in generated_packets(n)))
    return 0


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "check":
        return check_vectors(arguments[1])
    if arguments == ["generate"]:
        return generate()
    print("usage: secured_packet_model.py check VECTORS.json | generate", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
