//! The elements of a message and their tokens (SyncML RepPro 1.2, "WBXML
//! Definition": code page 0; SyncML MetaInfo 1.2, "WBXML Definition": code page
//! 1).

macro_rules! elements {
    ($($variant:ident $name:literal $page:literal $token:literal;)*) => {
        /// An element of SyncML or MetInf.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Element {
            $($variant,)*
            /// One that neither vocabulary has.
            Foreign,
        }

        #[expect(
            clippy::indexing_slicing,
            reason = "each table has a row for each variant"
        )]
        impl Element {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)* Self::Foreign];

            /// The name in XML.
            #[inline]
            pub(crate) const fn name(self) -> &'static str {
                const NAMES: &[&str] = &[$($name,)* ""];
                NAMES[self as usize]
            }

            /// The name as a number, its first octet the lowest.
            #[inline]
            const fn key(self) -> u128 {
                const KEYS: &[u128] = &[$(key($name),)* 0];
                KEYS[self as usize]
            }

            /// The name and `>` as a number, and the octets that they take.
            #[inline]
            const fn end_key(self) -> (u128, u128) {
                const KEYS: &[(u128, u128)] = &[$(end_key(concat!($name, ">")),)* (1, 0)];
                KEYS[self as usize]
            }

            /// Code page and token in WBXML.
            #[inline]
            pub(crate) const fn token(self) -> (u8, u8) {
                const TOKENS: &[(u8, u8)] = &[$(($page, $token),)* (u8::MAX, 0)];
                TOKENS[self as usize]
            }
        }
    };
}

elements! {
    Add "Add" 0 0x05;
    Alert "Alert" 0 0x06;
    Archive "Archive" 0 0x07;
    Atomic "Atomic" 0 0x08;
    Chal "Chal" 0 0x09;
    Cmd "Cmd" 0 0x0a;
    CmdId "CmdID" 0 0x0b;
    CmdRef "CmdRef" 0 0x0c;
    Copy "Copy" 0 0x0d;
    Cred "Cred" 0 0x0e;
    Data "Data" 0 0x0f;
    Delete "Delete" 0 0x10;
    Exec "Exec" 0 0x11;
    Final "Final" 0 0x12;
    Get "Get" 0 0x13;
    Item "Item" 0 0x14;
    Lang "Lang" 0 0x15;
    LocName "LocName" 0 0x16;
    LocUri "LocURI" 0 0x17;
    Map "Map" 0 0x18;
    MapItem "MapItem" 0 0x19;
    Meta "Meta" 0 0x1a;
    MsgId "MsgID" 0 0x1b;
    MsgRef "MsgRef" 0 0x1c;
    NoResp "NoResp" 0 0x1d;
    NoResults "NoResults" 0 0x1e;
    Put "Put" 0 0x1f;
    Replace "Replace" 0 0x20;
    RespUri "RespURI" 0 0x21;
    Results "Results" 0 0x22;
    Search "Search" 0 0x23;
    Sequence "Sequence" 0 0x24;
    SessionId "SessionID" 0 0x25;
    SftDel "SftDel" 0 0x26;
    Source "Source" 0 0x27;
    SourceRef "SourceRef" 0 0x28;
    Status "Status" 0 0x29;
    Sync "Sync" 0 0x2a;
    SyncBody "SyncBody" 0 0x2b;
    SyncHdr "SyncHdr" 0 0x2c;
    SyncMl "SyncML" 0 0x2d;
    Target "Target" 0 0x2e;
    TargetRef "TargetRef" 0 0x2f;
    VerDtd "VerDTD" 0 0x31;
    VerProto "VerProto" 0 0x32;
    NumberOfChanges "NumberOfChanges" 0 0x33;
    MoreData "MoreData" 0 0x34;
    Field "Field" 0 0x35;
    Filter "Filter" 0 0x36;
    Record "Record" 0 0x37;
    FilterType "FilterType" 0 0x38;
    SourceParent "SourceParent" 0 0x39;
    TargetParent "TargetParent" 0 0x3a;
    Move "Move" 0 0x3b;
    Correlator "Correlator" 0 0x3c;
    Anchor "Anchor" 1 0x05;
    Emi "EMI" 1 0x06;
    Format "Format" 1 0x07;
    FreeId "FreeID" 1 0x08;
    FreeMem "FreeMem" 1 0x09;
    Last "Last" 1 0x0a;
    Mark "Mark" 1 0x0b;
    MaxMsgSize "MaxMsgSize" 1 0x0c;
    Mem "Mem" 1 0x0d;
    MetInf "MetInf" 1 0x0e;
    Next "Next" 1 0x0f;
    NextNonce "NextNonce" 1 0x10;
    SharedMem "SharedMem" 1 0x11;
    Size "Size" 1 0x12;
    Type "Type" 1 0x13;
    Version "Version" 1 0x14;
    MaxObjSize "MaxObjSize" 1 0x15;
    FieldLevel "FieldLevel" 1 0x16;
}

impl Element {
    /// The element with this name in XML.
    pub(crate) fn named(name: &[u8]) -> Self {
        let mut octets = [0; LONGEST];
        let Some(room) = octets.get_mut(..name.len()) else {
            return Self::Foreign;
        };
        room.copy_from_slice(name);
        let element = Self::keyed(u128::from_le_bytes(octets));
        if element.name().len() == name.len() {
            element
        } else {
            Self::Foreign
        }
    }

    /// The element with whose name `octets` begin, and the name's length;
    /// foreign where no name of ours stands there, or near the end of a
    /// document. An octet that goes on a name in XML and is no letter may
    /// follow.
    #[inline]
    pub(crate) fn starting(octets: &[u8]) -> (Self, usize) {
        // All our names are letters, which have this bit, and what ends a name
        // in a tag has not.
        const LETTER: u128 = u128::from_le_bytes([0x40; LONGEST]);
        let Some(octets) = octets.first_chunk() else {
            return (Self::Foreign, 0);
        };
        let octets = u128::from_le_bytes(*octets);
        let ends = !octets & LETTER;
        let first_end = ends & ends.wrapping_neg();
        let element = Self::keyed(octets & (first_end >> 6).wrapping_sub(1));
        // The element's name has it too, but is known later.
        (element, ends.trailing_zeros() as usize / 8)
    }

    /// Whether `octets` begin with this name and `>`; never for a foreign one,
    /// or near the end of a document.
    #[inline]
    pub(crate) fn is_ended_by(self, octets: &[u8]) -> bool {
        let Some(octets) = octets.first_chunk::<LONGEST>() else {
            return false;
        };
        let (end, taken) = self.end_key();
        u128::from_le_bytes(*octets) & taken == end
    }

    #[inline]
    fn keyed(key: u128) -> Self {
        let element = BY_NAME.get(slot(key)).copied();
        element
            .filter(|element| element.key() == key)
            .unwrap_or(Self::Foreign)
    }

    /// The element with this token, without its flags, in a code page.
    pub(crate) fn tokened(page: u8, token: u8) -> Self {
        BY_TOKEN
            .get(usize::from(page))
            .and_then(|page| page.get(usize::from(token)))
            .copied()
            .unwrap_or(Self::Foreign)
    }

    /// Whether it is one of MetInf.
    pub(crate) const fn is_met_inf(self) -> bool {
        self.token().0 == 1
    }
}

/// Slots of the table of names.
const SLOTS: usize = 256;

static BY_NAME: [Element; SLOTS] = by_name();
static BY_TOKEN: [[Element; 64]; 2] = by_token();

/// Octets of the longest name and one more.
const LONGEST: usize = 16;

/// Up to [`LONGEST`] octets as a number.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated when compiled; a wrong index does not compile"
)]
const fn key(text: &str) -> u128 {
    let text = text.as_bytes();
    let mut octets = [0; LONGEST];
    let mut at = 0;
    while at < text.len() {
        octets[at] = text[at];
        at += 1;
    }
    u128::from_le_bytes(octets)
}

/// [`key`], and the octets of it that are not zero.
const fn end_key(text: &str) -> (u128, u128) {
    let key = key(text);
    (key, u128::MAX >> (key.leading_zeros() & !7))
}

/// Where a name stands in the table. The factor was searched for: no two names
/// meet, which [`by_name`] makes sure of.
const fn slot(key: u128) -> usize {
    const FACTOR: u64 = 0xe402_574e_f3ff_c897;
    let halves = (key >> 64) as u64 ^ key as u64;
    (halves.wrapping_mul(FACTOR) >> 56) as usize
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated when compiled; a wrong index does not compile"
)]
const fn by_name() -> [Element; SLOTS] {
    let mut table = [Element::Foreign; SLOTS];
    let mut at = 0;
    while at < Element::ALL.len() - 1 {
        let element = Element::ALL[at];
        let slot = slot(element.key());
        assert!(matches!(table[slot], Element::Foreign), "two names meet");
        table[slot] = element;
        at += 1;
    }
    table
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated when compiled; a wrong index does not compile"
)]
const fn by_token() -> [[Element; 64]; 2] {
    let mut table = [[Element::Foreign; 64]; 2];
    let mut at = 0;
    while at < Element::ALL.len() - 1 {
        let element = Element::ALL[at];
        let (page, token) = element.token();
        table[page as usize][token as usize] = element;
        at += 1;
    }
    table
}
