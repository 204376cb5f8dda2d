//! The frames of the simulated radio: `length u32 BE | type u8 | payload`, the
//! length counting type and payload. Each side's first frame is Hello with its
//! version; a version, type or length that is not known ends the connection.
//!
//! | type | up | payload | type | down | payload |
//! |---|---|---|---|---|---|
//! | 00 | Hello | version u8 | 80 | Hello | version u8 |
//! | 01 | Attach | IMSI, 6 to 15 digits | 81 | Challenge | RAND 16, AUTN 16 |
//! | 02 | Answer | RES, 4 to 16 octets | 82 | Accept | PLMN as text, 6 or 7 |
//! | 03 | SyncFailure | AUTS 14 | 83 | Reject | cause u8 (TS 24.008) |
//! | 04 | Taken | reference u32 BE | 84 | NoCell | |
//! | 05 | Detach | | 85 | Push | reference u32 BE, octets |

use thiserror::Error;

/// The version of the frames.
pub const VERSION: u8 = 1;
/// The most octets that a push carries: what the largest bootstrap needs.
pub const MAX_PUSH: usize = 160 * 1024;
/// The longest frame: a push with its type and reference.
pub(super) const MAX_FRAME: usize = MAX_PUSH + 5;

/// What is wrong with a peer on the radio, or with the way to it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RadioError {
    /// Malformed: a frame's length.
    #[error("a frame of {0} octets")]
    Length(usize),
    /// Malformed or unsupported: a frame's type, or its payload.
    #[error("a frame of type {0:02x} that can't be used")]
    Frame(u8),
    /// Unsupported: another version.
    #[error("version {0} is not supported")]
    Version(u8),
    /// Peer violation: a frame that has no place there.
    #[error("a frame out of turn")]
    OutOfTurn,
    /// Peer: no frame in time.
    #[error("nothing came in time")]
    Timeout,
    /// Environment: the connection.
    #[error("socket: {0}")]
    Io(#[from] std::io::Error),
}

/// From a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Up {
    /// The first frame.
    Hello {
        /// [`VERSION`].
        version: u8,
    },
    /// Let this subscriber in.
    Attach {
        /// Its IMSI in digits.
        imsi: String,
    },
    /// The USIM's answer to the challenge.
    Answer {
        /// RES.
        res: Vec<u8>,
    },
    /// The USIM's numbers are ahead.
    SyncFailure {
        /// AUTS.
        auts: [u8; 14],
    },
    /// A push is stored.
    Taken {
        /// Which one.
        reference: u32,
    },
    /// The subscriber leaves.
    Detach,
}

/// To a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Down {
    /// The first frame.
    Hello {
        /// [`VERSION`].
        version: u8,
    },
    /// The network's challenge.
    Challenge {
        /// RAND.
        rand: [u8; 16],
        /// AUTN.
        autn: [u8; 16],
    },
    /// The subscriber is in the network.
    Accept {
        /// The network, `MCC-MNC`.
        plmn: String,
    },
    /// It is not let in.
    Reject {
        /// The cause of TS 24.008 clause 10.5.5.14.
        cause: u8,
    },
    /// No cell is in reach of it.
    NoCell,
    /// Octets for it.
    Push {
        /// For [`Up::Taken`].
        reference: u32,
        /// At most [`MAX_PUSH`].
        octets: Vec<u8>,
    },
}

/// One end's frames.
pub(super) trait Frame: Sized {
    fn encode(&self) -> Vec<u8>;
    fn decode(kind: u8, payload: &[u8]) -> Option<Self>;
    fn hello() -> Self;
    /// The version, if it is a Hello.
    fn version(&self) -> Option<u8>;
}

fn frame(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let payload: usize = parts.iter().map(|part| part.len()).sum();
    let length = u32::try_from(payload + 1).unwrap_or(u32::MAX);
    let mut octets = length.to_be_bytes().to_vec();
    octets.push(kind);
    parts.iter().for_each(|part| octets.extend_from_slice(part));
    octets
}

impl Frame for Up {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello { version } => frame(0x00, &[&[*version]]),
            Self::Attach { imsi } => frame(0x01, &[imsi.as_bytes()]),
            Self::Answer { res } => frame(0x02, &[res]),
            Self::SyncFailure { auts } => frame(0x03, &[auts]),
            Self::Taken { reference } => frame(0x04, &[&reference.to_be_bytes()]),
            Self::Detach => frame(0x05, &[]),
        }
    }

    fn decode(kind: u8, payload: &[u8]) -> Option<Self> {
        Some(match kind {
            0x00 => Self::Hello {
                version: one(payload)?,
            },
            0x01 => Self::Attach {
                imsi: digits(payload)?,
            },
            0x02 if (4..=16).contains(&payload.len()) => Self::Answer {
                res: payload.to_vec(),
            },
            0x03 => Self::SyncFailure {
                auts: payload.try_into().ok()?,
            },
            0x04 => Self::Taken {
                reference: u32::from_be_bytes(payload.try_into().ok()?),
            },
            0x05 if payload.is_empty() => Self::Detach,
            _ => return None,
        })
    }

    fn hello() -> Self {
        Self::Hello { version: VERSION }
    }

    fn version(&self) -> Option<u8> {
        match self {
            Self::Hello { version } => Some(*version),
            _ => None,
        }
    }
}

impl Frame for Down {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello { version } => frame(0x80, &[&[*version]]),
            Self::Challenge { rand, autn } => frame(0x81, &[rand, autn]),
            Self::Accept { plmn } => frame(0x82, &[plmn.as_bytes()]),
            Self::Reject { cause } => frame(0x83, &[&[*cause]]),
            Self::NoCell => frame(0x84, &[]),
            Self::Push { reference, octets } => frame(0x85, &[&reference.to_be_bytes(), octets]),
        }
    }

    fn decode(kind: u8, payload: &[u8]) -> Option<Self> {
        Some(match kind {
            0x80 => Self::Hello {
                version: one(payload)?,
            },
            0x81 => {
                let (rand, autn) = payload.split_first_chunk::<16>()?;
                Self::Challenge {
                    rand: *rand,
                    autn: autn.try_into().ok()?,
                }
            }
            0x82 => Self::Accept {
                plmn: plmn(payload)?,
            },
            0x83 => Self::Reject {
                cause: one(payload)?,
            },
            0x84 if payload.is_empty() => Self::NoCell,
            0x85 => {
                let (reference, octets) = payload.split_first_chunk::<4>()?;
                Self::Push {
                    reference: u32::from_be_bytes(*reference),
                    octets: octets.to_vec(),
                }
            }
            _ => return None,
        })
    }

    fn hello() -> Self {
        Self::Hello { version: VERSION }
    }

    fn version(&self) -> Option<u8> {
        match self {
            Self::Hello { version } => Some(*version),
            _ => None,
        }
    }
}

fn one(payload: &[u8]) -> Option<u8> {
    match payload {
        [octet] => Some(*octet),
        _ => None,
    }
}

fn digits(payload: &[u8]) -> Option<String> {
    let fits = (6..=15).contains(&payload.len()) && payload.iter().all(u8::is_ascii_digit);
    text(payload).filter(|_| fits)
}

/// `MCC-MNC`: three digits, a hyphen, two or three digits.
fn plmn(payload: &[u8]) -> Option<String> {
    let whole = text(payload)?;
    let (mcc, mnc) = whole.split_once('-')?;
    let number = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
    let fits = mcc.len() == 3 && (2..=3).contains(&mnc.len()) && number(mcc) && number(mnc);
    fits.then_some(whole)
}

fn text(payload: &[u8]) -> Option<String> {
    String::from_utf8(payload.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Octets written by hand from the table above.
    fn ups() -> Vec<(Up, Vec<u8>)> {
        vec![
            (Up::Hello { version: 1 }, vec![0, 0, 0, 2, 0x00, 1]),
            (
                Up::Attach {
                    imsi: "001010".to_owned(),
                },
                b"\0\0\0\x07\x01001010".to_vec(),
            ),
            (
                Up::Answer {
                    res: vec![9, 8, 7, 6],
                },
                vec![0, 0, 0, 5, 0x02, 9, 8, 7, 6],
            ),
            (
                Up::SyncFailure { auts: [0xaa; 14] },
                [vec![0, 0, 0, 15, 0x03], vec![0xaa; 14]].concat(),
            ),
            (
                Up::Taken {
                    reference: 0x0102_0304,
                },
                vec![0, 0, 0, 5, 0x04, 1, 2, 3, 4],
            ),
            (Up::Detach, vec![0, 0, 0, 1, 0x05]),
        ]
    }

    fn downs() -> Vec<(Down, Vec<u8>)> {
        vec![
            (Down::Hello { version: 1 }, vec![0, 0, 0, 2, 0x80, 1]),
            (
                Down::Challenge {
                    rand: [1; 16],
                    autn: [2; 16],
                },
                [vec![0, 0, 0, 33, 0x81], vec![1; 16], vec![2; 16]].concat(),
            ),
            (
                Down::Accept {
                    plmn: "001-99".to_owned(),
                },
                b"\0\0\0\x07\x82001-99".to_vec(),
            ),
            (Down::Reject { cause: 2 }, vec![0, 0, 0, 2, 0x83, 2]),
            (Down::NoCell, vec![0, 0, 0, 1, 0x84]),
            (
                Down::Push {
                    reference: 7,
                    octets: vec![0xff],
                },
                vec![0, 0, 0, 6, 0x85, 0, 0, 0, 7, 0xff],
            ),
        ]
    }

    fn check<F: Frame + PartialEq + std::fmt::Debug>(table: Vec<(F, Vec<u8>)>) {
        for (frame, octets) in table {
            assert_eq!(frame.encode(), octets, "{frame:?}");
            assert_eq!(F::decode(octets[4], &octets[5..]).as_ref(), Some(&frame));
        }
    }

    #[test]
    fn frames_are_as_the_table_says() {
        check(ups());
        check(downs());
    }

    #[test]
    fn what_is_too_short_or_too_long_is_no_frame() {
        for (frame, octets) in ups() {
            let (kind, payload) = (octets[4], &octets[5..]);
            // An Attach and an Answer have a range of lengths.
            if !matches!(frame, Up::Attach { .. } | Up::Answer { .. }) {
                let longer = [payload, &[0]].concat();
                assert_eq!(Up::decode(kind, &longer), None, "{frame:?}");
            }
            for end in 0..payload.len() {
                assert_eq!(Up::decode(kind, &payload[..end]), None, "{frame:?} {end}");
            }
        }
        for (frame, octets) in downs() {
            let (kind, payload) = (octets[4], &octets[5..]);
            if !matches!(frame, Down::Push { .. } | Down::Accept { .. }) {
                let longer = [payload, &[0]].concat();
                assert_eq!(Down::decode(kind, &longer), None, "{frame:?}");
                for end in 0..payload.len() {
                    assert_eq!(Down::decode(kind, &payload[..end]), None, "{frame:?}");
                }
            }
        }
    }

    #[test]
    fn values_outside_their_range_are_no_frames() {
        let bad_ups: [(u8, &[u8]); 7] = [
            (0x01, b"00101"),
            (0x01, b"0010100000000001"),
            (0x01, b"00101x"),
            (0x02, &[0; 17]),
            (0x06, &[]),
            (0x81, &[0; 32]),
            (0xff, &[]),
        ];
        for (kind, payload) in bad_ups {
            assert_eq!(Up::decode(kind, payload), None, "{kind:02x}");
        }
        let bad_downs: [(u8, &[u8]); 7] = [
            (0x82, b"00199"),
            (0x82, b"001-9"),
            (0x82, b"001-9999"),
            (0x82, b"01-999"),
            (0x82, b"001-9\xff"),
            (0x85, &[0, 0, 0]),
            (0x01, b"001010"),
        ];
        for (kind, payload) in bad_downs {
            assert_eq!(Down::decode(kind, payload), None, "{kind:02x}");
        }
    }
}
