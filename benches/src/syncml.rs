//! `bench syncml`: the first message of a DM session as libdmclient sends it
//! (vectors/oma-dm), read and written by us and by two C libraries. We go
//! through the message model with all its checks, the peers through trees or
//! nothing at all.

use std::hint::black_box;

use anyhow::{Context, Result};
use syncml::{Limits, wbxml, xml};

use crate::measure::{Work, alternate};
use crate::report::Row;

const XML: &[u8] = include_bytes!("../../vectors/oma-dm/libdmclient-package1.xml");
const WBXML: &[u8] = include_bytes!("../../vectors/oma-dm/libdmclient-package1.wbxml");
const UNIT: &str = "ns/message";

/// The same work by others.
#[derive(Default)]
struct Peers {
    wbxml_to_xml: Option<Work<'static>>,
    xml_to_wbxml: Option<Work<'static>>,
    xml_to_wbxml_table: Option<Work<'static>>,
    parse: Option<Work<'static>>,
    parse_handlers: Option<Work<'static>>,
}

/// The three comparisons, then our steps one by one and the peers' other modes.
pub(crate) fn rows() -> Result<Vec<Row>> {
    let limits = Limits::default();
    let message = xml::decode(XML, &limits).context("our reader refuses the message")?;
    let peers = peers()?;
    let row = |name, goal, ours: Option<Work<'_>>, peer| {
        Row::of_times(name, UNIT, goal, alternate(ours, peer))
    };
    let decode_xml = || {
        let message = xml::decode(black_box(XML), &limits)?;
        black_box(message);
        Ok(())
    };
    let wbxml_to_xml = || {
        let message = wbxml::decode(black_box(WBXML), &limits)?;
        black_box(xml::encode(&message)?);
        Ok(())
    };
    let xml_to_wbxml = || {
        let message = xml::decode(black_box(XML), &limits)?;
        black_box(wbxml::encode(&message)?);
        Ok(())
    };
    let encode_xml = || {
        black_box(xml::encode(black_box(&message))?);
        Ok(())
    };
    let decode_wbxml = || {
        black_box(wbxml::decode(black_box(WBXML), &limits)?);
        Ok(())
    };
    let encode_wbxml = || {
        black_box(wbxml::encode(black_box(&message))?);
        Ok(())
    };
    Ok(vec![
        row(
            "libwbxml-wbxml-to-xml",
            Some(10.0),
            Some(Box::new(wbxml_to_xml)),
            peers.wbxml_to_xml,
        ),
        row(
            "libwbxml-xml-to-wbxml",
            Some(10.0),
            Some(Box::new(xml_to_wbxml)),
            peers.xml_to_wbxml,
        ),
        row(
            "expat-parse",
            Some(1.0),
            Some(Box::new(decode_xml)),
            peers.parse,
        ),
        row("our xml encode", None, Some(Box::new(encode_xml)), None),
        row("our wbxml decode", None, Some(Box::new(decode_wbxml)), None),
        row("our wbxml encode", None, Some(Box::new(encode_wbxml)), None),
        row(
            "expat with empty handlers",
            None,
            None,
            peers.parse_handlers,
        ),
        row(
            "libwbxml with a string table",
            None,
            None,
            peers.xml_to_wbxml_table,
        ),
    ])
}

#[cfg(not(feature = "peers"))]
fn peers() -> Result<Peers> {
    Ok(Peers::default())
}

#[cfg(feature = "peers")]
fn peers() -> Result<Peers> {
    use crate::peer::expat::{Handlers, Parser};
    use crate::peer::libwbxml::{StringTable, ToWbxml, ToXml};

    // The same message on both sides, or the comparison is of two things.
    let limits = Limits::default();
    let theirs = ToXml::new()?.convert(&mut WBXML.to_vec())?;
    let theirs = xml::decode(theirs.octets(), &limits).context("libwbxml's XML")?;
    if theirs != xml::decode(XML, &limits)? {
        anyhow::bail!("libwbxml reads another message than we do");
    }

    let theirs = ToWbxml::new(StringTable::Empty)?.convert(&mut XML.to_vec())?;
    let theirs = wbxml::decode(theirs.octets(), &limits).context("libwbxml's WBXML")?;
    if theirs != wbxml::decode(WBXML, &limits)? {
        anyhow::bail!("libwbxml writes another message than we do");
    }

    let (mut conv, mut document) = (ToXml::new()?, WBXML.to_vec());
    let wbxml_to_xml = move || {
        black_box(conv.convert(black_box(&mut document))?);
        Ok(())
    };
    let to_wbxml = |table| -> Result<Work<'static>> {
        let (mut conv, mut document) = (ToWbxml::new(table)?, XML.to_vec());
        Ok(Box::new(move || {
            black_box(conv.convert(black_box(&mut document))?);
            Ok(())
        }))
    };
    let parse = |handlers| -> Result<Work<'static>> {
        let mut parser = Parser::new(handlers)?;
        Ok(Box::new(move || parser.parse(black_box(XML))))
    };
    Ok(Peers {
        wbxml_to_xml: Some(Box::new(wbxml_to_xml)),
        xml_to_wbxml: Some(to_wbxml(StringTable::Empty)?),
        xml_to_wbxml_table: Some(to_wbxml(StringTable::Built)?),
        parse: Some(parse(Handlers::None)?),
        parse_handlers: Some(parse(Handlers::Empty)?),
    })
}
