//! Which way the data of a command goes. The octets of a command with lengths of one
//! octet don't say it: P3 is Lc or Le as the instruction has it (TS 102 221 table
//! 10.5 and clause 11; GlobalPlatform Card Specification 2.3 clause 11).

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// P3 is Le: to the server alone.
    Out,
    /// P3 is Lc: to the card, and perhaps back.
    In,
}

impl Flow {
    /// What P3 is in a command with this class and instruction; nothing for
    /// instructions that are not known.
    #[must_use]
    pub const fn of(class: u8, instruction: u8) -> Option<Self> {
        // Whatever logical channel and secure messaging the class names.
        let is_interindustry = match class {
            0x00..=0x0f | 0x40..=0x7f => true,
            0x80..=0x8f | 0xc0..=0xef => false,
            _ => return None,
        };
        Some(match (is_interindustry, instruction) {
            // READ BINARY, READ RECORD, GET RESPONSE; GET DATA. RETRIEVE DATA (CB) is not
            // here: P3 of its first block is Lc, of the others Le (TS 102 221 clause
            // 11.3.1).
            (true, 0xb0 | 0xb2 | 0xc0) | (false, 0xca) => Self::Out,
            (
                true,
                // SELECT, UPDATE BINARY, UPDATE RECORD, SEARCH RECORD, INCREASE
                0xa4 | 0xd6 | 0xdc | 0xa2 | 0x32
                // VERIFY, CHANGE, DISABLE, ENABLE, UNBLOCK PIN
                | 0x20 | 0x24 | 0x26 | 0x28 | 0x2c
                // DEACTIVATE FILE, ACTIVATE FILE, CREATE FILE, DELETE FILE
                | 0x04 | 0x44 | 0xe0 | 0xe4
                // TERMINATE DF, TERMINATE EF
                | 0xe6 | 0xe8,
            )
            | (
                false,
                // INCREASE, RESIZE FILE, SET DATA
                0x32 | 0xd4 | 0xdb
                // PUT KEY, STORE DATA, DELETE, INSTALL, LOAD, SET STATUS, GET STATUS
                | 0xd8 | 0xe2 | 0xe4 | 0xe6 | 0xe8 | 0xf0 | 0xf2,
            ) => Self::In,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p3_is_what_the_instruction_says() {
        assert_eq!(Flow::of(0x00, 0xb0), Some(Flow::Out));
        assert_eq!(Flow::of(0x01, 0xb2), Some(Flow::Out));
        assert_eq!(Flow::of(0x80, 0xca), Some(Flow::Out));
        assert_eq!(Flow::of(0x00, 0xd6), Some(Flow::In));
        assert_eq!(Flow::of(0x80, 0xf2), Some(Flow::In));
        // A class that is not for this instruction, a GSM SIM's, and reserved ones;
        // RETRIEVE DATA, whose P3 depends on P2: 80CB0080 01 5C 00 and 80CB0000 00.
        for (class, instruction) in [
            (0x80, 0xb0),
            (0xa0, 0xb0),
            (0x10, 0xb0),
            (0xff, 0xa4),
            (0x80, 0xcb),
        ] {
            assert_eq!(Flow::of(class, instruction), None);
        }
    }
}
