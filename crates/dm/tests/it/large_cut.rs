//! Large objects cut at every point, in both encodings (OMA DM Protocol 1.2
//! clause 7; SyncML MetaInfo 1.2, "Format").

use dm::session::{Encoding, Handled, Received};
use syncml::{Command, Data, Format, Item, Meta, wbxml};

use crate::commands::add;
use crate::fake::FakeServer;
use crate::kit::uri;
use crate::large_in::{fake, hear, value};

const X: &str = "./NAP/x";

/// What the device answers to a command in a message of this encoding.
fn say_in(fake: &mut FakeServer, encoding: Encoding, command: Command, is_final: bool) -> Vec<u16> {
    let message = fake.message(vec![command], is_final);
    let octets = match encoding {
        Encoding::Wbxml => wbxml::encode(&message).unwrap(),
        _ => crate::fake::octets(&message),
    };
    let received = Received::read(encoding, &octets).unwrap();
    let handled = fake
        .client
        .handle_message(fake.now, &mut fake.tree, &received, &mut fake.random);
    assert_eq!(handled.unwrap(), Handled::Taken);
    hear(&fake.next().unwrap()).0
}

/// Every cut point of text and octets in both encodings; base64 in XML is cut
/// between any two characters, with and without the meta-information repeated.
#[test]
fn every_cut_point() {
    let text = "aé\r\n <&>]]> ü€ \u{1f600}z ";
    let octets: Vec<u8> = (0..40_u8).map(|octet| octet.wrapping_mul(37)).collect();
    let base64 = Data::base64(&octets).as_str().unwrap().to_owned();
    let of_text = |text: &str| Data::text(text);
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        for repeated in [true, false] {
            for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
                let (one, two) = text.split_at(cut);
                let pieces = [of_text(one), of_text(two)];
                let whole = text.as_bytes();
                add_in_two(encoding, Format::Chr, pieces, whole, repeated, cut);
            }
            for cut in 0..=base64.len() {
                let (one, two) = base64.split_at(cut);
                let pieces = [of_text(one), of_text(two)];
                add_in_two(encoding, Format::B64, pieces, &octets, repeated, cut);
            }
            for cut in (0..=octets.len()).filter(|_| encoding == Encoding::Wbxml) {
                let (one, two) = octets.split_at(cut);
                let pieces = [one, two].map(|piece| Data::Opaque(piece.to_vec()));
                add_in_two(encoding, Format::Bin, pieces, &octets, repeated, cut);
            }
        }
    }
    // Octets that look like text, and chunks that each decode by themselves.
    let pieces = [b"abc".to_vec(), b"defg".to_vec()].map(Data::Opaque);
    add_in_two(Encoding::Wbxml, Format::Bin, pieces, b"abcdefg", false, 3);
    let pieces = [of_text("YWI="), of_text("Yw==")];
    add_in_two(Encoding::Xml, Format::B64, pieces, b"abc", true, 2);
}

fn add_in_two(
    encoding: Encoding,
    format: Format,
    pieces: [Data; 2],
    whole: &[u8],
    repeated: bool,
    cut: usize,
) {
    let mut fake = fake();
    let [one, two] = pieces;
    let meta = Meta::typed(format.clone(), "application/x");
    let mut item = Item::target(X).with_data(one).with_meta(Meta {
        size: u64::try_from(whole.len()).ok(),
        ..meta.clone()
    });
    item.more_data = true;
    assert_eq!(
        say_in(&mut fake, encoding, add(item), false),
        [213],
        "{format} {cut}"
    );
    assert_eq!(value(&fake), None);
    let mut item = Item::target(X).with_data(two);
    item.meta = repeated.then_some(meta);
    // Without a Format the reader takes base64 text for what it is.
    assert_eq!(
        say_in(&mut fake, encoding, add(item), true),
        [200],
        "{format} {cut}"
    );
    let value = fake.tree.value(&uri(X)).unwrap();
    assert_eq!(value.data(), whole, "{encoding:?} {format} {cut}");
    assert_eq!(value.type_(), Some("application/x"));
}
