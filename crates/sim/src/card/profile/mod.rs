//! What a new card is made from: a text in TOML, or in JSON of the same form. Every field
//! may be left out. Keys that are not given are drawn.
//!
//! ```toml
//! iccid = "8988211000000000011"
//! imsi = "001010000000001"
//! pin1 = "1234"
//! adm1 = "12345678"
//! memory = 65536                 # octets for packages and applications
//!
//! [[key_set]]
//! number = 1
//! cipher = "aes"                 # des-cbc, des-ecb, 3des-2, 3des-3
//! mac = "aes-cmac-8"             # aes-cmac-4, des, 3des-2, 3des-3
//! kic = "…"
//! kid = "…"
//! single_des = false
//!
//! [[target]]
//! tar = "b00010"
//! kind = { files = "3f00/7ff0" } # or "applications"
//! msl = "16"
//! access = { pin1 = true, adm1 = true }
//!
//! [[file]]
//! path = "3f00/7ff0/6f46"
//! content = { transparent = "…" }
//! ```

mod document;
mod usim;

use clock::Random;
use uicc::files::{Imsi, Value};
use uicc::packet::{Cntr, Tar};

use super::access::{Granted, Pin, Pins};
use super::files::{Content, FileSystem, holds_keys, identifiers};
use super::keys::{Cipher, Mac, StoredKeySet};
use super::octets::{Hidden, Octets};
use super::registry::Registry;
use super::state::VERSION;
use super::target::{Kind, Target};
use super::{CardError, State};
use document::{Document, FileRow, KeyRow};

/// RID of 3GPP, USIM, the United Kingdom's number of a provider that nobody has.
const USIM_AID: [u8; 16] = [
    0xa0, 0, 0, 0, 0x87, 0x10, 0x02, 0xff, 0xff, 0xff, 0xff, 0x89, 0x07, 0x09, 0x00, 0x00,
];
/// The issuer's security domain (GlobalPlatform's own AID).
const ISD_AID: [u8; 8] = [0xa0, 0, 0, 0x01, 0x51, 0, 0, 0];
/// Octets for packages and applications, unless the profile says.
const MEMORY: u32 = 64 * 1024;
/// CC, ciphered, a counter that rises (TS 102 225 table 1).
const SECURE: u8 = 0x16;

/// How a new card is to be.
#[derive(Default)]
pub struct Profile(Document);

impl Profile {
    /// Reads a profile; JSON where it begins with a brace.
    ///
    /// # Errors
    /// [`CardError::Profile`].
    pub fn read(text: &str) -> Result<Self, CardError> {
        let document = match text.trim_start().starts_with('{') {
            // What the libraries say may have a key in it: they show the line.
            true => serde_json::from_str(text).map_err(|error| format!("line {}", error.line())),
            false => toml::from_str(text).map_err(|error: toml::de::Error| {
                let place = error.span().map_or(0, |span| span.start);
                let before = text.get(..place).unwrap_or_default();
                format!("line {}", before.matches('\n').count() + 1)
            }),
        };
        Ok(Self(document.map_err(CardError::Profile)?))
    }

    /// Whether keys or PINs are in it, by themselves or as a file's contents: then it is nobody else's to read.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        let document = &self.0;
        let mut sets = document.key_set.iter();
        let mut files = document.file.iter();
        document.pin1.is_some()
            || document.adm1.is_some()
            || sets.any(|set| set.kic.is_some() || set.kid.is_some())
            || files.any(|file| file.content.is_some() && holds_keys(&file.path))
    }

    /// A new card of this profile.
    ///
    /// # Errors
    /// [`CardError::ProfileValue`], [`CardError::Keys`], [`CardError::State`].
    pub fn make(&self, random: &mut impl Random) -> Result<State, CardError> {
        let document = &self.0;
        let aid = document.aid.as_ref();
        let aid = aid.map_or(USIM_AID.as_slice(), |aid| aid.0.as_slice());
        let files = usim::files(aid).ok_or_else(|| wrong("the AID"))?;
        let state = State {
            version: VERSION,
            files: self.filled(files)?,
            pins: self.pins(random)?,
            key_sets: self.key_sets(random)?,
            targets: self.targets(),
            waiting: Default::default(),
            outbox: Default::default(),
            registry: Registry::new(&ISD_AID, document.memory.unwrap_or(MEMORY)),
        };
        state.check()?;
        Ok(state)
    }

    fn filled(&self, mut files: FileSystem) -> Result<FileSystem, CardError> {
        let document = &self.0;
        let iccid = document.iccid.as_deref().unwrap_or("8988211000000000011");
        let imsi = document.imsi.as_deref().unwrap_or("001010000000001");
        let iccid = swapped(iccid, 10).ok_or_else(|| wrong("iccid: 18 to 20 digits"))?;
        let imsi = Imsi::new(imsi).ok_or_else(|| wrong("imsi: 6 to 15 digits"))?;
        for (path, octets) in [
            ("3f00/2fe2", iccid),
            ("3f00/7ff0/6f07", Value::Imsi(imsi).encode()),
        ] {
            set(&mut files, path, Content::Transparent(Octets(octets)))?;
        }
        for row in &document.file {
            put(&mut files, row)?;
        }
        Ok(files)
    }

    fn pins(&self, random: &mut impl Random) -> Result<Pins, CardError> {
        let drawn = Hidden::new(random.array::<8>().map(|it| b'0' + it % 10).to_vec());
        let given = |pin: &Option<Hidden>, name| match pin {
            None => Ok(None),
            Some(pin) if (4..=8).contains(&pin.expose().len()) => Ok(Some(pin.clone())),
            Some(_) => Err(wrong(name)),
        };
        let pin1 = given(&self.0.pin1, "pin1: 4 to 8 digits")?;
        let adm1 = given(&self.0.adm1, "adm1: 4 to 8 digits")?;
        Ok(Pins {
            pin1: Pin::new(pin1.as_ref().map_or(b"1234", Hidden::expose)),
            adm1: Pin::new(adm1.as_ref().unwrap_or(&drawn).expose()),
        })
    }

    fn key_sets(&self, random: &mut impl Random) -> Result<Vec<StoredKeySet>, CardError> {
        let first = [KeyRow::default()];
        let rows = match self.0.key_set.as_slice() {
            [] => &first,
            rows => rows,
        };
        let sets = rows.iter().map(|row| key_set(row, random));
        sets.collect()
    }

    fn targets(&self) -> Vec<Target> {
        if !self.0.target.is_empty() {
            return self.0.target.clone();
        }
        let all = Granted {
            pin1: true,
            adm1: true,
        };
        let files =
            |tar, path: &str| Target::new(Tar(tar), Kind::Files(path.to_owned()), SECURE, all);
        vec![
            files([0xb0, 0, 0], "3f00"),
            files([0xb0, 0, 0x01], "3f00/7ff0"),
            files([0xb0, 0, 0x10], "3f00/7ff0"),
            files([0xb0, 0, 0x11], "3f00/7ff0"),
            Target::new(Tar([0; 3]), Kind::Applications, SECURE, all),
        ]
    }
}

fn wrong(what: &str) -> CardError {
    CardError::ProfileValue(what.to_owned())
}

fn key_set(row: &KeyRow, random: &mut impl Random) -> Result<StoredKeySet, CardError> {
    let (cipher, mac) = (
        row.cipher.unwrap_or(Cipher::Aes),
        row.mac.unwrap_or(Mac::AesCmac8),
    );
    let mut key = |given: &Option<Hidden>, length| match given {
        Some(key) => key.clone(),
        None => {
            let mut octets = vec![0; length];
            random.fill(&mut octets);
            Hidden::new(octets)
        }
    };
    let kic = key(&row.kic, cipher.key_length());
    let kid = key(&row.kid, mac.key_length());
    let counter = Cntr::new(row.cntr).ok_or_else(|| wrong("cntr: 40 bits"))?;
    let single_des = row.single_des;
    let set = StoredKeySet::new(row.number, (cipher, kic), (mac, kid), single_des, counter);
    set.keys().map_err(CardError::Keys)?;
    Ok(set)
}

/// A file of the profile: contents of one that is there, or a new one.
fn put(files: &mut FileSystem, row: &FileRow) -> Result<(), CardError> {
    let unknown = || CardError::ProfileValue(format!("the path {}", row.path));
    let path = identifiers(&row.path).ok_or_else(unknown)?;
    if let Some(at) = files.at(&path) {
        let file = files.get_mut(at).ok_or_else(unknown)?;
        if let Some(rules) = row.rules {
            file.rules = rules;
        }
        return match &row.content {
            Some(content) => set(files, &row.path, content.clone()),
            None => Ok(()),
        };
    }
    let (name, parent) = path.split_last().ok_or_else(unknown)?;
    let parent = files.at(parent).ok_or_else(unknown)?;
    let rules = row.rules.ok_or_else(|| {
        CardError::ProfileValue(format!("{} is new and needs its rules", row.path))
    })?;
    let content = row.content.clone().ok_or_else(unknown)?;
    let added = files.add(parent, *name, rules, content);
    added.map(drop).ok_or_else(unknown)
}

/// Contents of a file that is there and is no DF.
fn set(files: &mut FileSystem, path: &str, content: Content) -> Result<(), CardError> {
    let wrong = || CardError::ProfileValue(format!("the contents of {path}"));
    let at = identifiers(path).and_then(|path| files.at(&path));
    let file = at.and_then(|at| files.get_mut(at)).ok_or_else(wrong)?;
    if file.content.is_directory() || content.is_directory() || !content.is_sound() {
        return Err(wrong());
    }
    file.content = content;
    Ok(())
}

/// Digits in semi-octets, low half first, filled up with F (TS 102 221 clause 13.2).
fn swapped(digits: &str, octets: usize) -> Option<Vec<u8>> {
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let nibbles: Vec<u8> = digits.bytes().map(|digit| digit - b'0').collect();
    let fits = nibbles.len() <= 2 * octets && nibbles.len() + 2 >= 2 * octets;
    let mut filled = nibbles.into_iter().chain(std::iter::repeat(0xf));
    let mut out = Vec::new();
    for _ in 0..octets {
        let (low, high) = (filled.next()?, filled.next()?);
        out.push(low | high << 4);
    }
    fits.then_some(out)
}
