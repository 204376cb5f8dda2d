//! Documents in the languages that have tokens, for the comparison with
//! libwbxml: whole vocabularies, and trees of any shape.

use proptest::collection::vec;
use proptest::prelude::*;
use syncml::infoset::{Attribute, Content, Element};
use syncml::{Command, Data, Format, Item, Message, Meta};

/// Root, namespace, DTD, and the names of the elements in it (SyncML RepPro
/// 1.2 and MetInf 1.2 DTDs; OMA DM TND 1.2 DTD; DevInf 1.2 DTD).
const SYNCML: &str = "Add Alert Archive Atomic Chal Cmd CmdID CmdRef Copy Cred Data Delete Exec \
    Final Get Item Lang LocName LocURI Map MapItem Meta MsgID MsgRef NoResp NoResults Put Replace \
    RespURI Results Search Sequence SessionID SftDel Source SourceRef Status Sync SyncBody SyncHdr \
    Target TargetRef VerDTD VerProto NumberOfChanges MoreData Field Filter Record FilterType \
    SourceParent TargetParent Move Correlator";
const MET_INF: &str = "Anchor EMI Format FreeID FreeMem Last Mark MaxMsgSize Mem MetInf Next \
    NextNonce SharedMem Size Type Version MaxObjSize FieldLevel";
const DM_DDF: &str = "AccessType ACL Add b64 bin bool chr CaseSense CIS Copy CS date DDFName \
    DefaultValue Delete Description DFFormat DFProperties DFTitle DFType Dynamic Exec float Format \
    Get int Man MIME Mod Name Node node NodeName null Occurrence One OneOrMore OneOrN Path Permanent \
    Replace RTProperties Scope Size time Title TStamp Type Value VerDTD VerNo xml ZeroOrMore ZeroOrN \
    ZeroOrOne";
const DEV_INF: &str = "CTCap CTType DataStore DataType DevID DevTyp DisplayName DSMem Ext FwV HwV \
    Man MaxGUIDSize MaxID MaxMem Mod OEM ParamName PropName Rx Rx-Pref SharedMem MaxSize SourceRef \
    SwV SyncCap SyncType Tx Tx-Pref ValEnum VerCT VerDTD XNam XVal UTC SupportNumberOfChanges \
    SupportLargeObjs Property PropParam MaxOccur NoTruncate Filter-Rx FilterCap FilterKeyword \
    FieldLevel SupportHierarchicalSync";
/// Provisioning documents (OMA ProvCont 1.1 clause 6): characteristics, names
/// of parameters, and values with tokens.
const TYPES: &str = "PXLOGICAL PXPHYSICAL PORT VALIDITY NAPDEF BOOTSTRAP VENDORCONFIG \
    CLIENTIDENTITY PXAUTHINFO NAPAUTHINFO ACCESS APPLICATION APPADDR APPAUTH RESOURCE X-OWN";
const NAMES: &str = "NAME NAP-ADDRESS NAP-ADDRTYPE CALLTYPE VALIDUNTIL AUTHTYPE AUTHNAME AUTHSECRET \
    LINGER BEARER NAPID COUNTRY NETWORK INTERNET PROXY-ID PROXY-PROVIDER-ID DOMAIN PROVURL \
    PXAUTH-TYPE PXAUTH-ID PXAUTH-PW STARTPAGE BASAUTH-ID BASAUTH-PW PUSHENABLED PXADDR PXADDRTYPE \
    TO-NAPID PORTNBR SERVICE LINKSPEED DNLINKSPEED LOCAL-ADDR LOCAL-ADDRTYPE CONTEXT-ALLOW TRUST \
    MASTER SID SOC WSP-VERSION PHYSICAL-PROXY-ID CLIENT-ID DELIVERY-ERR-SDU DELIVERY-ORDER \
    TRAFFIC-CLASS MAX-SDU-SIZE MAX-BITRATE-UPLINK MAX-BITRATE-DNLINK RESIDUAL-BER SDU-ERROR-RATIO \
    TRAFFIC-HANDL-PRIO TRANSFER-DELAY GUARANTEED-BITRATE-UPLINK GUARANTEED-BITRATE-DNLINK \
    PXADDR-FQDN PROXY-PW PPGAUTH-TYPE PULLENABLED DNS-ADDR MAX-NUM-RETRY FIRST-RETRY-TIMEOUT \
    REREG-THRESHOLD T-BIT AUTH-ENTITY SPI AACCEPT AAUTHDATA AAUTHLEVEL AAUTHNAME AAUTHSECRET \
    AAUTHTYPE ADDR ADDRTYPE APPID APROTOCOL PROVIDER-ID TO-PROXY URI RULE X-OWN";
const VALUES: &str = "IPV4 IPV6 E164 ALPHA APN SCODE TETRA-ITSI MAN APPSRV OBEX ANALOG-MODEM V.120 \
    V.110 X.31 BIT-TRANSPARENT DIRECT-ASYNCHRONOUS-DATA-SERVICE PAP CHAP HTTP-BASIC HTTP-DIGEST \
    WTLS-SS MD5 GSM-USSD GSM-SMS ANSI-136-GUTS IS-95-CDMA-SMS IS-95-CDMA-CSD IS-95-CDMA-PACKET \
    ANSI-136-CSD ANSI-136-GPRS GSM-CSD GSM-GPRS AMPS-CDPD PDC-CSD PDC-PACKET IDEN-SMS IDEN-CSD \
    IDEN-PACKET FLEX/REFLEX PHS-SMS PHS-CSD TRETRA-SDS TRETRA-PACKET ANSI-136-GHOST MOBITEX-MPAK \
    CDMA2000-1X-SIMPLE-IP CDMA2000-1X-MOBILE-IP AUTOBAUDING CL-WSP CO-WSP CL-SEC-WSP CO-SEC-WSP \
    CL-SEC-WTA CO-SEC-WTA OTA-HTTP-TO OTA-HTTP-TLS-TO OTA-HTTP-PO OTA-HTTP-TLS-PO AAA HA BASIC \
    DIGEST w7 internet.m2m";

const SYNCML_SPACE: &str = "SYNCML:SYNCML1.2";
const MET_INF_SPACE: &str = "syncml:metinf";
const DM_DDF_SPACE: &str = "syncml:dmddf1.2";
const DEV_INF_SPACE: &str = "syncml:devinf";

/// The DTD by which libwbxml knows a document's language.
pub(crate) fn doctype(root: &str) -> String {
    let public = match root {
        "SyncML" => "-//SYNCML//DTD SyncML 1.2//EN",
        "MgmtTree" => "-//OMA//DTD-DM-DDF 1.2//EN",
        "DevInf" => "-//SYNCML//DTD DevInf 1.2//EN",
        "MetInf" => "-//SYNCML//DTD MetInf 1.2//EN",
        _ => "-//WAPFORUM//DTD PROV 1.0//EN",
    };
    format!("<!DOCTYPE {root} PUBLIC \"{public}\" \"http://127.0.0.1/none.dtd\">")
}

fn with_text(space: &str, name: &str, text: &str) -> Element {
    let mut element = Element::new(space, name);
    if !text.is_empty() {
        element.content.push(Content::Text(text.to_owned()));
    }
    element
}

fn with_children(space: &str, name: &str, children: Vec<Element>) -> Element {
    let mut element = Element::new(space, name);
    element.content = children.into_iter().map(Content::Element).collect();
    element
}

fn attributed(name: &str, attributes: &[(&str, &str)]) -> Element {
    let mut element = Element::new("", name);
    for (name, value) in attributes {
        element.attributes.push(Attribute {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        });
    }
    element
}

fn all(space: &str, names: &str) -> Vec<Element> {
    let of = |name: &str| [Element::new(space, name), with_text(space, name, "x & <y>")];
    names.split_whitespace().flat_map(of).collect()
}

/// A document of each language in which every token occurs.
pub(crate) fn whole_languages() -> Vec<Element> {
    let meta = with_children(SYNCML_SPACE, "Meta", all(MET_INF_SPACE, MET_INF));
    let mut elements = all(SYNCML_SPACE, SYNCML);
    elements.push(meta);
    let mut parms: Vec<Element> = NAMES
        .split_whitespace()
        .flat_map(|name| [("value", "v 1"), ("value", "IPV4")].map(|value| (name, value)))
        .map(|(name, value)| attributed("parm", &[("name", name), value]))
        .collect();
    parms.extend(
        VALUES
            .split_whitespace()
            .map(|value| attributed("parm", &[("name", "SERVICE"), ("value", value)])),
    );
    parms.push(attributed("parm", &[("name", "INIT")]));
    let mut characteristics: Vec<Element> = TYPES
        .split_whitespace()
        .map(|type_| {
            let mut element = attributed("characteristic", &[("type", type_)]);
            element.content = parms.iter().cloned().map(Content::Element).collect();
            element
        })
        .collect();
    let mut prov = attributed("wap-provisioningdoc", &[("version", "1.0")]);
    prov.content = characteristics.drain(..).map(Content::Element).collect();
    vec![
        with_children(SYNCML_SPACE, "SyncML", elements),
        with_children(MET_INF_SPACE, "MetInf", all(MET_INF_SPACE, MET_INF)),
        with_children(DM_DDF_SPACE, "MgmtTree", all(DM_DDF_SPACE, DM_DDF)),
        with_children(DEV_INF_SPACE, "DevInf", all(DEV_INF_SPACE, DEV_INF)),
        prov,
    ]
}

/// A text that both programs carry: no blank ends, no carriage return.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => prop::char::range('!', '~'),
        1 => prop::sample::select(vec!['<', '>', '&', '"', '\'', ' ', '\n', ';']),
        1 => prop::sample::select(vec!['é', 'ß', '漢', '\u{1f600}', '\u{7ff}', '\u{fffd}']),
    ];
    vec(character, 1..20)
        .prop_map(|chars| chars.into_iter().collect::<String>().trim().to_owned())
        .prop_filter("blank", |text| !text.is_empty())
}

fn name(names: &'static str) -> impl Strategy<Value = String> {
    prop::sample::select(names.split_whitespace().collect::<Vec<_>>()).prop_map(str::to_owned)
}

/// Elements of one namespace inside each other.
fn element(space: &'static str, names: &'static str) -> BoxedStrategy<Element> {
    let leaf = (name(names), prop::option::of(text()))
        .prop_map(move |(name, text)| with_text(space, &name, text.as_deref().unwrap_or("")));
    leaf.prop_recursive(6, 40, 5, move |inner| {
        (name(names), vec(inner, 0..5))
            .prop_map(move |(name, children)| with_children(space, &name, children))
    })
    .boxed()
}

fn provisioning() -> impl Strategy<Value = Element> {
    let value = text().prop_map(|text| text.replace('\n', " "));
    let parm = (
        name(NAMES),
        prop::option::of(prop_oneof![name(VALUES), value]),
    )
        .prop_map(|(name, value)| match &value {
            Some(value) => attributed("parm", &[("name", &name), ("value", value)]),
            None => attributed("parm", &[("name", &name)]),
        });
    let characteristic = parm.prop_recursive(4, 30, 6, |inner| {
        (name(TYPES), vec(inner, 1..6)).prop_map(|(type_, children)| {
            let mut element = attributed("characteristic", &[("type", &type_)]);
            element.content = children.into_iter().map(Content::Element).collect();
            element
        })
    });
    vec(characteristic, 0..5).prop_map(|children| {
        let mut root = attributed("wap-provisioningdoc", &[("version", "1.1")]);
        root.content = children.into_iter().map(Content::Element).collect();
        root
    })
}

/// An item with a tree of OMA DM as its data.
fn item_with_tree() -> impl Strategy<Value = Element> {
    vec(element(DM_DDF_SPACE, DM_DDF), 1..4).prop_map(|nodes| {
        let type_ = "application/vnd.syncml.dmtnds+xml";
        let type_ = with_text(MET_INF_SPACE, "Type", type_);
        let tree = with_children(DM_DDF_SPACE, "MgmtTree", nodes);
        let meta = with_children(SYNCML_SPACE, "Meta", vec![type_]);
        let data = with_children(SYNCML_SPACE, "Data", vec![tree]);
        with_children(SYNCML_SPACE, "Item", vec![meta, data])
    })
}

/// A document of any of the languages.
pub(crate) fn tree() -> impl Strategy<Value = Element> {
    let meta = vec(element(MET_INF_SPACE, MET_INF), 0..4)
        .prop_map(|children| with_children(SYNCML_SPACE, "Meta", children));
    let part = prop_oneof![
        4 => element(SYNCML_SPACE, SYNCML),
        2 => meta,
        1 => item_with_tree(),
    ];
    let root = |space: &'static str, name: &'static str| {
        move |children| with_children(space, name, children)
    };
    prop_oneof![
        4 => vec(part, 0..6).prop_map(root(SYNCML_SPACE, "SyncML")),
        2 => vec(element(DM_DDF_SPACE, DM_DDF), 0..6).prop_map(root(DM_DDF_SPACE, "MgmtTree")),
        1 => vec(element(DEV_INF_SPACE, DEV_INF), 0..6).prop_map(root(DEV_INF_SPACE, "DevInf")),
        2 => provisioning(),
    ]
}

/// `message` in the shape that both programs carry; see the exclusions.
pub(crate) fn comparable(mut message: Message) -> Option<Message> {
    fn item(item: &mut Item, command: Option<&Meta>) {
        let binary = item.format(command) == Some(&Format::Bin);
        match &item.data {
            Some(Data::Text(_)) if binary => item.data = Some(Data::text("")),
            Some(Data::Text(text)) => {
                let text = text.replace(['\r', '\n'], "");
                item.data = Some(Data::Text(text));
            }
            _ => item.data = None,
        }
    }
    fn command(given: &mut Command) {
        match given {
            Command::Add(c)
            | Command::Copy(c)
            | Command::Delete(c)
            | Command::Get(c)
            | Command::Replace(c) => {
                let meta = c.meta.clone();
                c.items.iter_mut().for_each(|i| item(i, meta.as_ref()));
            }
            Command::Results(c) => {
                let meta = c.meta.clone();
                c.items.iter_mut().for_each(|i| item(i, meta.as_ref()));
            }
            Command::Exec(c) => {
                let meta = c.meta.clone();
                c.items.iter_mut().for_each(|i| item(i, meta.as_ref()));
            }
            Command::Alert(c) => c.items.iter_mut().for_each(|i| item(i, None)),
            Command::Status(c) => c.items.iter_mut().for_each(|i| item(i, None)),
            Command::Atomic(c) | Command::Sequence(c) => {
                c.commands.iter_mut().for_each(command);
            }
            _ => {}
        }
    }
    message.body.commands.iter_mut().for_each(command);
    let text = syncml::xml::encode(&message).ok()?;
    // Carriage returns elsewhere.
    let text = String::from_utf8(text).ok()?.replace("&#13;", "");
    syncml::xml::decode(text.as_bytes(), &syncml::Limits::default()).ok()
}
