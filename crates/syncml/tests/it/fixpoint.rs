//! What is written reads back as the same message, and what was read is
//! written to a form that does not change any more.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use syncml::{Command, Data, Error, Format, Item, Limits, Message, Meta, Unwritable, wbxml, xml};

use super::{generate, samples};

const SEED: [u8; 32] = *b"syncml: the same messages always";

/// A runner with a fixed seed; `PROPTEST_CASES` asks for more cases.
fn runner() -> TestRunner {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
    println!("seed {}", String::from_utf8_lossy(&SEED));
    TestRunner::new_with_rng(config, rng)
}

#[test]
fn samples_reach_a_fixpoint() {
    for (name, octets) in samples::ALL {
        let message = samples::read(octets);
        let written = xml::encode(&message).unwrap();
        assert_eq!(samples::read(&written), message, "{name}");
        assert_eq!(xml::encode(&message).unwrap(), written, "{name}");
    }
}

#[test]
fn any_message_reads_back_as_itself() {
    runner()
        .run(&generate::message(), |message| {
            let written = xml::encode(&message).unwrap();
            let read = xml::decode(&written, &Limits::default());
            prop_assert_eq!(read.unwrap(), message.clone());
            prop_assert_eq!(xml::encoded_len(&message).unwrap(), written.len());
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_command_makes_its_message_longer_by_its_own_length() {
    runner()
        .run(
            &(generate::message(), generate::command()),
            |(mut message, command)| {
                let before = xml::encoded_len(&message).unwrap();
                let added = xml::command_len(&command).unwrap();
                message.body.commands.push(command);
                prop_assert_eq!(xml::encoded_len(&message).unwrap(), before + added);
                Ok(())
            },
        )
        .unwrap();
}

#[test]
fn a_masked_message_can_still_be_written() {
    runner()
        .run(&generate::message(), |message| {
            let written = xml::encode(&message.masked()).unwrap();
            let read = xml::decode(&written, &Limits::default()).unwrap();
            prop_assert_eq!(xml::encode(&read).unwrap(), written);
            Ok(())
        })
        .unwrap();
}

/// WBXML carries the octets of a `bin` value, and markup as characters unless
/// it is a document with tokens of its own.
fn in_wbxml(message: &Message) -> Option<Message> {
    fn item(item: &mut Item, command: Option<&Meta>) -> Option<()> {
        let format = item.format(command).cloned();
        match (&item.data, format) {
            (Some(Data::Text(_)), Some(Format::Bin)) => {
                let octets = item.octets(command).ok()??.into_owned();
                item.data = Some(Data::Opaque(octets));
            }
            (Some(Data::Xml(markup)), Some(Format::Bin)) => {
                item.data = Some(Data::Opaque(markup.clone().into_bytes()));
            }
            (Some(Data::Xml(markup)), _) => item.data = Some(Data::Text(markup.clone())),
            _ => {}
        }
        Some(())
    }
    fn command(given: &mut Command) -> Option<()> {
        match given {
            Command::Add(c)
            | Command::Copy(c)
            | Command::Delete(c)
            | Command::Get(c)
            | Command::Replace(c) => {
                let meta = c.meta.clone();
                c.items.iter_mut().try_for_each(|i| item(i, meta.as_ref()))
            }
            Command::Results(c) => {
                let meta = c.meta.clone();
                c.items.iter_mut().try_for_each(|i| item(i, meta.as_ref()))
            }
            Command::Exec(c) => {
                let meta = c.meta.clone();
                c.items.iter_mut().try_for_each(|i| item(i, meta.as_ref()))
            }
            Command::Alert(c) => c.items.iter_mut().try_for_each(|i| item(i, None)),
            Command::Status(c) => c.items.iter_mut().try_for_each(|i| item(i, None)),
            Command::Atomic(c) | Command::Sequence(c) => {
                c.commands.iter_mut().try_for_each(command)
            }
            _ => Some(()),
        }
    }
    let mut message = message.clone();
    message.body.commands.iter_mut().try_for_each(command)?;
    Some(message)
}

#[test]
fn any_message_comes_back_from_wbxml() {
    runner()
        .run(&generate::message(), |message| {
            let Some(expected) = in_wbxml(&message) else {
                prop_assert_eq!(
                    wbxml::encode(&message).unwrap_err().code(),
                    "syncml-not-base64"
                );
                return Ok(());
            };
            let written = wbxml::encode(&message).unwrap();
            let read = wbxml::decode(&written, &Limits::default()).unwrap();
            prop_assert_eq!(&read, &expected);
            prop_assert_eq!(wbxml::encoded_len(&message).unwrap(), written.len());
            // From here on nothing changes.
            let again = wbxml::encode(&read).unwrap();
            prop_assert_eq!(wbxml::decode(&again, &Limits::default()).unwrap(), read);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_command_makes_its_wbxml_longer_by_its_own_length() {
    runner()
        .run(
            &(generate::message(), generate::command()),
            |(mut message, command)| {
                let lengths = (wbxml::encoded_len(&message), wbxml::command_len(&command));
                let (Ok(before), Ok(added)) = lengths else {
                    return Ok(());
                };
                message.body.commands.push(command);
                prop_assert_eq!(wbxml::encoded_len(&message).unwrap(), before + added);
                Ok(())
            },
        )
        .unwrap();
}

/// Any octets give a message or an error; what was taken reaches a fixpoint.
#[test]
fn changed_wbxml_never_panics() {
    let samples = [
        include_bytes!("../../../../vectors/oma-dm/libdmclient-package1.wbxml").to_vec(),
        include_bytes!("../../../../vectors/oma-dm/libdmclient-package3.wbxml").to_vec(),
        wbxml::encode(&samples::read(samples::ALL[2].1)).unwrap(),
    ];
    let octet = prop_oneof![
        any::<u8>(),
        prop::sample::select(vec![
            0x00, 0x01, 0x03, 0x4f, 0x83, 0xc3, 0x02, 0x6b, 0x54, 0x5a
        ]),
    ];
    let change = (any::<prop::sample::Index>(), octet, 0..8u8);
    runner()
        .run(
            &(0..3usize, prop::collection::vec(change, 1..5)),
            |(sample, changes)| {
                let mut octets = samples[sample].clone();
                for (at, octet, kind) in &changes {
                    let at = at.index(octets.len());
                    match kind {
                        0..=3 => octets[at] = *octet,
                        4..=5 => octets.insert(at, *octet),
                        6 => drop(octets.remove(at)),
                        _ => octets.truncate(at.max(100)),
                    }
                }
                let _ = wbxml::read_tree(&octets, &Limits::default());
                let Ok(message) = wbxml::decode(&octets, &Limits::default()) else {
                    return Ok(());
                };
                match wbxml::encode(&message) {
                    Ok(written) => {
                        let read = wbxml::decode(&written, &Limits::default()).unwrap();
                        let again = wbxml::encode(&read).unwrap();
                        prop_assert_eq!(wbxml::decode(&again, &Limits::default()).unwrap(), read);
                    }
                    Err(error) => prop_assert!(
                        matches!(error, Error::NotBase64)
                            || matches!(error, Error::Unwritable { cause, .. }
                        if matches!(cause, Unwritable::Empty | Unwritable::NoContent)),
                        "{error}"
                    ),
                }
                Ok(())
            },
        )
        .unwrap();
}

/// Octets that only WBXML has come back as what XML makes of them.
#[test]
fn octets_come_back_as_base64_or_text() {
    for (format, expected) in [
        (Some("bin"), "AP8="),
        (Some("b64"), "AP8="),
        (Some("chr"), ""),
    ] {
        let octets = if format == Some("chr") {
            vec![]
        } else {
            vec![0, 255]
        };
        let mut message = samples::read(samples::ALL[0].1);
        let Command::Replace(replace) = &mut message.body.commands[1] else {
            panic!("Replace expected");
        };
        replace.items[0].meta.as_mut().unwrap().format = format.map(syncml::Format::read);
        replace.items[0].data = Some(Data::Opaque(octets));
        let read = samples::read(&xml::encode(&message).unwrap());
        let item = &read.body.commands[1].items()[0];
        assert_eq!(item.data, Some(Data::text(expected)));
    }
}

/// Any octets give a message or an error, and neither takes long nor panics;
/// what was taken can be written again unless it lacks what must be written.
#[test]
fn changed_samples_never_panic() {
    let octet = prop_oneof![
        any::<u8>(),
        prop::sample::select(b"<>&;/\"'=![]-? a:".to_vec()),
    ];
    let change = (any::<prop::sample::Index>(), octet, 0..8u8);
    runner()
        .run(
            &(0..3usize, prop::collection::vec(change, 1..5)),
            |(sample, changes)| {
                let mut octets = samples::ALL[sample].1.to_vec();
                for (at, octet, kind) in &changes {
                    let at = at.index(octets.len());
                    match kind {
                        0..=3 => octets[at] = *octet,
                        4..=5 => octets.insert(at, *octet),
                        6 => drop(octets.remove(at)),
                        _ => octets.truncate(at.max(100)),
                    }
                }
                let Ok(message) = xml::decode(&octets, &Limits::default()) else {
                    return Ok(());
                };
                match xml::encode(&message) {
                    Ok(written) => {
                        let again = xml::decode(&written, &Limits::default());
                        prop_assert_eq!(again.unwrap(), message);
                    }
                    Err(error) => prop_assert!(
                        matches!(error, Error::Unwritable { cause, .. }
                        if matches!(cause, Unwritable::Empty | Unwritable::NoContent)),
                        "{error}"
                    ),
                }
                Ok(())
            },
        )
        .unwrap();
}
