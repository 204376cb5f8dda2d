//! Notifications (OMA-TS-DM_Notification-V1_2 clauses 5 and 6).
//!
//! The messages below are this script's output (`python3`), the first of them
//! checked with `openssl dgst -md5` step by step:
//!
//! ```python
//! from hashlib import md5; from base64 import b64encode as b
//! def message(ui, init, sid, nonce, vendor=b"", server=b"com.example.dm", pw=b"s3cret"):
//!     bits = "0000001011" + format(ui, "02b") + str(init) + "0" * 27
//!     bits += format(sid, "016b") + format(len(server), "08b")
//!     t = int(bits, 2).to_bytes(8, "big") + server + vendor
//!     key = b(md5(server + b":" + pw).digest())
//!     return (md5(key + b":" + nonce + b":" + b(md5(t).digest())).digest() + t).hex()
//! print(message(1, 1, 0xab, b"nonce"))
//! print(message(3, 0, 0xffff, b"nonce", b"\x01\x02vendor"))
//! print(message(0, 1, 1, bytes(4)))
//! print(message(2, 1, 1, b"0x00000000"))
//! ```

use data_encoding::HEXLOWER;
use dm::auth::Nonce;
use dm::notification::{
    Initiator, NonceUsed, Notification, NotificationKey, ResyncNonce, SessionId, UiMode,
    Unverified, from_push, to_push,
};
use dm::{Blame, Error};
use proptest::prelude::*;
use secret::{Secret, SecretBytes};

const BACKGROUND: &str =
    "ba6d3ba346141f365b949c1218b3428902d800000000ab0e636f6d2e6578616d706c652e646d";
const WITH_VENDOR: &str = "3f95f8d17e9ef9f11b71f70469e8f56102f0000000ffff0e636f6d2e6578616d706c652e\
     646d010276656e646f72";
const RESYNC_OCTETS: &str =
    "b329bc738f6e21b8feda7ecd0832732d02c800000000010e636f6d2e6578616d706c652e646d";
const RESYNC_TEXT: &str =
    "343e1f784048d0452f2f9c8ee6e177c302e800000000010e636f6d2e6578616d706c652e646d";

fn key_of(server: &str) -> NotificationKey {
    let password = SecretBytes::new(b"s3cret".to_vec());
    NotificationKey::new(server.parse().unwrap(), &password)
}

fn key() -> NotificationKey {
    key_of("com.example.dm")
}

fn nonce(octets: &[u8]) -> Nonce {
    Nonce::from_octets(octets).unwrap()
}

fn octets(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).unwrap()
}

fn notification(ui_mode: UiMode, session: u16) -> Notification {
    Notification {
        ui_mode,
        ..Notification::new("com.example.dm".parse().unwrap(), SessionId(session))
    }
}

fn samples() -> [(Notification, Nonce, Vec<u8>); 4] {
    let vendor = Notification {
        initiator: Initiator::Client,
        vendor: b"\x01\x02vendor".to_vec(),
        ..notification(UiMode::UserInteraction, 0xffff)
    };
    [
        (
            notification(UiMode::Background, 0xab),
            nonce(b"nonce"),
            octets(BACKGROUND),
        ),
        (vendor, nonce(b"nonce"), octets(WITH_VENDOR)),
        (
            notification(UiMode::NotSpecified, 1),
            ResyncNonce::Octets.nonce().unwrap(),
            octets(RESYNC_OCTETS),
        ),
        (
            notification(UiMode::Informative, 1),
            ResyncNonce::Text.nonce().unwrap(),
            octets(RESYNC_TEXT),
        ),
    ]
}

fn is_malformed(octets: &[u8]) -> bool {
    matches!(Unverified::read(octets), Err(Error::Notification(_)))
}

#[test]
fn messages_are_those_of_another_program() {
    for (notification, nonce, message) in samples() {
        assert_eq!(notification.write(&key(), &nonce).unwrap(), message);
        let read = Unverified::read(&message).unwrap();
        assert_eq!(read.claimed_server().as_str(), "com.example.dm");
        assert_eq!(read.verify(&key(), &nonce).unwrap(), notification);
    }
}

/// `printf 'com.example.dm:s3cret' | openssl dgst -md5 -binary | base64`
#[test]
fn the_stored_key_does_what_the_password_does() {
    assert_eq!(key().stored().expose(), "v4xIWfLNaC2ZRhMo6dga1w==");
    let server = key().server_id().clone();
    let again = NotificationKey::from_stored(server.clone(), key().stored().clone()).unwrap();
    let read = Unverified::read(&octets(BACKGROUND)).unwrap();
    assert!(read.verify(&again, &nonce(b"nonce")).is_ok());
    for wrong in ["", "v4xIWfLNaC2ZRhMo6dga", "not base64 at all......."] {
        let key = Secret::new(wrong.to_owned());
        assert!(NotificationKey::from_stored(server.clone(), key).is_err());
    }
}

/// Clause 5.2: the stored nonce first, then `0x00000000` in the device's
/// notation and in no other.
#[test]
fn a_server_that_lost_the_nonce_reaches_the_device() {
    let stored = nonce(b"nonce");
    let table = [
        (BACKGROUND, ResyncNonce::Text, Some(NonceUsed::Stored)),
        (RESYNC_OCTETS, ResyncNonce::Octets, Some(NonceUsed::Resync)),
        (RESYNC_TEXT, ResyncNonce::Text, Some(NonceUsed::Resync)),
        (RESYNC_OCTETS, ResyncNonce::Text, None),
        (RESYNC_TEXT, ResyncNonce::Octets, None),
    ];
    for (message, resync, expected) in table {
        let read = Unverified::read(&octets(message)).unwrap();
        let used = read.verify_or_resync(&key(), Some(&stored), resync);
        assert_eq!(used.ok().map(|(_, used)| used), expected, "{message}");
    }
    let read = Unverified::read(&octets(BACKGROUND)).unwrap();
    assert!(
        read.verify_or_resync(&key(), None, ResyncNonce::Text)
            .is_err()
    );
    assert_eq!(ResyncNonce::Octets.octets(), [0, 0, 0, 0]);
    assert_eq!(ResyncNonce::Text.octets(), b"0x00000000");
}

#[test]
fn another_key_or_nonce_is_refused() {
    let read = Unverified::read(&octets(BACKGROUND)).unwrap();
    let password = SecretBytes::new(b"S3cret".to_vec());
    let wrong = NotificationKey::new("com.example.dm".parse().unwrap(), &password);
    // The right octets in the key, but of a server that is not the sender.
    let other =
        NotificationKey::from_stored("com.example".parse().unwrap(), key().stored().clone());
    for (key, nonce) in [
        (wrong, nonce(b"nonce")),
        (key(), nonce(b"Nonce")),
        (other.unwrap(), nonce(b"nonce")),
    ] {
        let error = read.verify(&key, &nonce).unwrap_err();
        assert!(matches!(error, Error::NotificationDigest));
        assert_eq!((error.status().0, error.blame()), (401, Blame::Denied));
    }
}

#[test]
fn every_truncation_is_refused() {
    for (_, nonce, message) in samples() {
        let whole = 16 + 8 + "com.example.dm".len();
        for length in 0..message.len() {
            let cut = &message[..length];
            if length < whole {
                assert!(is_malformed(cut), "{length}");
            } else {
                // Only the vendor's part is shorter, which the digest covers.
                let read = Unverified::read(cut).unwrap();
                assert!(read.verify(&key(), &nonce).is_err(), "{length}");
            }
        }
    }
}

/// Reserved bits included: they are read over, but under the digest.
#[test]
fn every_flipped_bit_is_refused() {
    for (_, nonce, message) in samples() {
        for bit in 0..message.len() * 8 {
            let mut flipped = message.clone();
            flipped[bit / 8] ^= 0x80 >> (bit % 8);
            match Unverified::read(&flipped) {
                Ok(read) => assert!(matches!(
                    read.verify(&key(), &nonce),
                    Err(Error::NotificationDigest)
                )),
                Err(Error::Version) => assert!((128..138).contains(&bit), "{bit}"),
                Err(Error::Notification(_)) => assert!(bit >= 128 + 56, "{bit}"),
                Err(error) => panic!("{bit}: {error}"),
            }
        }
    }
}

#[test]
fn another_version_is_not_supported() {
    for version in [0u16, 10, 12, 1023] {
        let mut message = octets(BACKGROUND);
        message[16] = u8::try_from(version >> 2).unwrap();
        message[17] = message[17] & 0x3f | u8::try_from(version & 3).unwrap() << 6;
        let error = Unverified::read(&message).unwrap_err();
        assert_eq!(error.blame(), Blame::Unsupported, "{version}");
    }
}

#[test]
fn wrong_forms_are_refused() {
    let message = octets(BACKGROUND);
    let with_length = |length: u8| {
        let mut message = message.clone();
        message[23] = length;
        message
    };
    assert!(is_malformed(&with_length(0)), "no server");
    assert!(is_malformed(&with_length(15)), "one octet too few");
    assert!(is_malformed(&with_length(255)));
    for bad in [b' ', b'=', b'*', 0, 0xff] {
        let mut message = message.clone();
        message[24] = bad;
        assert!(is_malformed(&message), "{bad}");
    }
    let mut long = message;
    long.resize(Notification::MAX_OCTETS, 0);
    assert!(!is_malformed(&long));
    long.push(0);
    assert!(is_malformed(&long));
}

#[test]
fn what_may_not_be_sent_is_not_written() {
    let refused = |notification: Notification, key: &NotificationKey| {
        matches!(notification.write(key, &nonce(b"n")), Err(Error::Misuse(_)))
    };
    let good = notification(UiMode::Background, 1);
    assert!(refused(notification(UiMode::Background, 0), &key()));
    assert!(refused(good.clone(), &key_of("com.example.other")));
    let room = Notification::MAX_OCTETS - 16 - 8 - "com.example.dm".len();
    let with_vendor = |octets| Notification {
        vendor: vec![7; octets],
        ..good.clone()
    };
    assert!(!refused(with_vendor(room), &key()));
    assert!(refused(with_vendor(room + 1), &key()));
}

/// Clause 6.2.10: `1` to `FFFF` without leading zeros.
#[test]
fn a_session_has_two_notations() {
    for (id, hex, decimal) in [
        (1, "1", "1"),
        (0xab, "AB", "171"),
        (16, "10", "16"),
        (0xffff, "FFFF", "65535"),
    ] {
        let id = SessionId(id);
        assert_eq!((id.to_hex(), id.to_string()), (hex.into(), hex.into()));
        assert_eq!(id.to_decimal(), decimal);
        assert!(id.is_written(hex) && id.is_written(decimal));
        assert!(id.is_written(&hex.to_lowercase()));
        for other in ["", "2", "0AB", "0171", "ab ", "FFFFF"] {
            assert!(!id.is_written(other), "{other}");
        }
    }
}

#[test]
fn debug_shows_no_secret() {
    let read = Unverified::read(&octets(BACKGROUND)).unwrap();
    assert_eq!(format!("{read:?}"), "Unverified(com.example.dm)");
}

proptest! {
    #[test]
    fn whatever_is_written_is_read(
        mode in 0usize..4,
        by_client in any::<bool>(),
        session in 1u16..,
        server in "[!-%',-<>-~]{1,255}",
        vendor in prop::collection::vec(any::<u8>(), 0..200),
        secret in prop::collection::vec(any::<u8>(), 0..40),
        octets in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let modes = [
            UiMode::NotSpecified,
            UiMode::Background,
            UiMode::Informative,
            UiMode::UserInteraction,
        ];
        let notification = Notification {
            ui_mode: modes[mode],
            initiator: if by_client { Initiator::Client } else { Initiator::Server },
            session_id: SessionId(session),
            server_id: server.parse().unwrap(),
            vendor,
        };
        let key = NotificationKey::new(server.parse().unwrap(), &SecretBytes::new(secret));
        let message = notification.write(&key, &nonce(&octets)).unwrap();
        let read = Unverified::read(&message).unwrap();
        prop_assert_eq!(read.verify(&key, &nonce(&octets)).unwrap(), notification);
    }

    #[test]
    fn any_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..1200)) {
        if let Ok(read) = Unverified::read(&octets) {
            prop_assert!(read.verify(&key(), &nonce(b"nonce")).is_err());
        }
    }
}

/// The header is the one that short messages to devices bear: transaction,
/// Push, three octets, 0x44, X-Wap-Application-Id, 7.
#[test]
fn wap_push_carries_a_notification() {
    let message = octets(BACKGROUND);
    let pdu = to_push(1, &message);
    assert_eq!(pdu[..6], [0x01, 0x06, 0x03, 0xc4, 0xaf, 0x87]);
    assert_eq!(from_push(&pdu), Some(message.as_slice()));
    let with_headers = |headers: &[u8]| [&[9, 6], headers, &message[..]].concat();
    let named = [&[36][..], b"application/vnd.syncml.notification\0"].concat();
    for good in [&[1, 0xc4][..], &[0x80, 1, 0xc4], &named] {
        let pdu = with_headers(good);
        assert_eq!(from_push(&pdu), Some(message.as_slice()), "{good:x?}");
    }
    let unending = [0x80, 0x80, 1, 0xc4];
    for bad in [&[1, 0xae][..], &[0], &[0x8f, 0x7f], &unending] {
        assert!(from_push(&with_headers(bad)).is_none(), "{bad:x?}");
    }
    assert!(from_push(&[1, 7, 1, 0xc4]).is_none(), "not a Push");
    assert!(from_push(&[1]).is_none() && from_push(&message).is_none());
}
