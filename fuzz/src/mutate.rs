//! Octets out of octets: flips, inserts, deletes, copies, splices and words of
//! the formats.

/// `SplitMix64`, by Sebastiano Vigna: small, and the same everywhere.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`, 0 for 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    fn octet(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

impl clock::Random for Dice {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill_with(|| self.octet());
    }
}

/// Words that change what a reader does next.
const WORDS: &[&[u8]] = &[
    b"<Atomic>",
    b"</Atomic>",
    b"<Sequence>",
    b"<Get>",
    b"<Item>",
    b"<Data>",
    b"</Data>",
    b"<Meta>",
    b"<Final/>",
    b"<Cred>",
    b"<Chal>",
    b"<MoreData/>",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<?x?>",
    b"&lt;",
    b"&amp;",
    b"&#13;",
    b"\r\n",
    b"&#65;",
    b"&#xFFFF;",
    b"&x;",
    b"<!DOCTYPE a>",
    b" xmlns='x'",
    b" xmlns:a='x'",
    b"<a:",
    b"b64",
    b"bin",
    b"node",
    b"xml",
    b"1222",
    b"1223",
    b"401",
    b"212",
    b"4294967296",
    b"-1",
    b"?prop=ACL",
    b"?list=TNDS",
    b"./",
    b"/../",
    b"*",
    b"Get=*",
    b"syncml:auth-md5",
    b"application/vnd.syncml.dmtnds+xml",
    b"application/vnd.syncml.dmtnds+wbxml",
    b"<Node>",
    b"<NodeName/>",
    b"<Path>",
    b"<RTProperties>",
    b"<characteristic type=\"APPLICATION\">",
    b"<parm name=\"",
    b"\x00\x00",
    b"\x00\x01",
    b"\x01",
    b"\x02",
    b"\x03a\x00",
    b"\x83\x00",
    b"\x84\x00",
    b"\xc3\x02ab",
    b"\xc3\x8f\xff\xff\xff\x7f",
    b"\xff\xff\xff\xff\x0f",
    b"\x45",
    b"\x6b",
    b"\x54",
    b"\x5a",
    b"\x4f",
    b"\x02\xa4\x01\x6a\x00",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xff",
];

/// The longest that becomes of an input.
const LONGEST: usize = 20_000;

/// One change of one of the inputs, or a few.
pub(crate) fn mutated(corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut octets = corpus[dice.below(corpus.len())].clone();
    let changes = if dice.below(2) == 0 {
        1
    } else {
        1 + dice.below(6)
    };
    for _ in 0..changes {
        change(&mut octets, corpus, dice);
        octets.truncate(LONGEST);
    }
    octets
}

fn change(octets: &mut Vec<u8>, corpus: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.below(octets.len() + 1);
    let span = |dice: &mut Dice| at..(at + 1 + dice.below(40)).min(octets.len()).max(at);
    match dice.below(10) {
        0 | 1 => {
            if let Some(octet) = octets.get_mut(at) {
                *octet ^= 1 << dice.below(8);
            }
        }
        2 => octets.insert(at, dice.octet()),
        3 => {
            let span = span(dice);
            octets.drain(span);
        }
        4..=6 => {
            let word = WORDS[dice.below(WORDS.len())];
            // In place of something, or beside it.
            let end = (at + dice.below(2) * word.len()).min(octets.len());
            octets.splice(at..end, word.iter().copied());
        }
        7 => {
            let copy = octets[span(dice)].to_vec();
            for _ in 0..=dice.below(8) {
                octets.splice(at..at, copy.iter().copied());
            }
        }
        8 => {
            let other = &corpus[dice.below(corpus.len())];
            let from = dice.below(other.len() + 1);
            octets.truncate(at);
            octets.extend_from_slice(&other[from..]);
        }
        _ => octets.truncate(at),
    }
}
