//! What several tests need: the vector file, hex, a message as JSON, a clock
//! in seconds, and a connection that is past its handshake.

use std::sync::LazyLock;
use std::time::Duration;

use clock::Tick;
use data_encoding::HEXLOWER;
use gsup::{
    AuthTuple, Body, Config, Connection, Event, IsdnAddress, Message, PdpAddress, PdpInfo,
    SubscriberData,
};
use serde_json::{Map, Value, json};

pub(crate) static VECTORS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../vectors/gsup.json")).expect("valid JSON")
});

pub(crate) fn cases(list: &str) -> &'static [Value] {
    VECTORS[list].as_array().expect("a list of cases")
}

pub(crate) fn session(name: &str, step: &str) -> Vec<u8> {
    hex(&VECTORS["sessions"][name][step])
}

pub(crate) fn hex(value: &Value) -> Vec<u8> {
    unhex(value.as_str().expect("hex"))
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).expect("hex")
}

pub(crate) fn to_hex(octets: &[u8]) -> String {
    HEXLOWER.encode(octets)
}

pub(crate) fn at(seconds: u64) -> Tick {
    Tick::from_origin(Duration::from_secs(seconds))
}

/// Everything that waits to be sent, in one piece.
pub(crate) fn sent(connection: &mut Connection) -> Vec<u8> {
    std::iter::from_fn(|| connection.poll_transmit())
        .flat_map(|frame| frame.expose().clone())
        .collect()
}

pub(crate) fn events(connection: &mut Connection) -> Vec<Event> {
    std::iter::from_fn(|| connection.poll_event()).collect()
}

/// The reason of the last event, which must be the connection's end.
pub(crate) fn closed(connection: &mut Connection) -> &'static str {
    let last = events(connection).pop();
    let Some(Event::Closed { reason }) = last else {
        panic!("not closed, but {last:?}");
    };
    assert_eq!(connection.poll_timeout(), None);
    assert!(connection.poll_transmit().is_none());
    reason.code()
}

/// A server whose client called itself `SGSN` at second 0.
pub(crate) fn identified_server(config: Config) -> Connection {
    let mut server = Connection::server(at(0), config);
    server.handle_input(at(0), &session("sgsn", "id_resp"));
    server.handle_input(at(0), &session("hlr", "client_ack"));
    sent(&mut server);
    events(&mut server);
    server
}

/// A client past its handshake at second 0.
pub(crate) fn identified_client(config: Config) -> Connection {
    let mut client = Connection::client(at(0), config, "SGSN".parse().unwrap());
    client.handle_input(at(0), &session("hlr", "id_get"));
    client.handle_input(at(0), &session("hlr", "server_ack"));
    sent(&mut client);
    events(&mut client);
    client
}

/// One frame of stream ee, extension 05.
pub(crate) fn gsup_frame(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len() + 1).unwrap();
    [&length.to_be_bytes()[..], &[0xee, 0x05], message].concat()
}

/// A message in the words of the vector file.
pub(crate) fn describe(message: &Message) -> Value {
    let mut out = Map::new();
    let header = &message.header;
    out.insert("imsi".into(), json!(header.imsi.as_str()));
    let name = |name: &gsup::RoutingName| json!(name.as_str());
    put(&mut out, "source", header.source_name.as_ref().map(name));
    put(
        &mut out,
        "destination",
        header.destination_name.as_ref().map(name),
    );
    let class = header.message_class.map(|class| json!(class.code()));
    put(&mut out, "message_class", class);
    let domain = header.cn_domain.map(|domain| json!(format!("{domain:?}")));
    put(&mut out, "cn_domain", domain);
    let cause = message.body.cause().map(|cause| json!(cause.text()));
    put(&mut out, "cause", cause);
    out.insert("kind".into(), json!(kind(&message.body)));
    describe_body(&message.body, &mut out);
    Value::Object(out)
}

fn kind(body: &Body) -> String {
    let debug = format!("{body:?}");
    let end = debug
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(debug.len());
    debug[..end].to_owned()
}

fn describe_body(body: &Body, out: &mut Map<String, Value>) {
    match body {
        Body::UpdateLocationResult(data) | Body::InsertSubscriberDataRequest(data) => {
            describe_data(data, out);
        }
        Body::SendAuthInfoRequest(request) => {
            let vectors = request.vectors.map(|vectors| json!(vectors.get()));
            put(out, "vectors", vectors);
            if let Some(resync) = request.resync {
                out.insert("auts".into(), json!(to_hex(&resync.auts)));
                out.insert("rand".into(), json!(to_hex(&resync.rand)));
            }
            let rat = request.current_rat.map(|rat| json!(format!("{rat:?}")));
            put(out, "rat", rat);
        }
        Body::SendAuthInfoResult(tuples) => {
            out.insert("tuples".into(), tuples.iter().map(tuple).collect());
        }
        Body::PurgeMsRequest { hlr_number } => {
            put(out, "hlr_number", hlr_number.as_ref().map(digits));
        }
        Body::PurgeMsResult { freeze_ptmsi } => flag(out, "freeze_ptmsi", *freeze_ptmsi),
        Body::LocationCancelRequest { cancel_type } => {
            put(
                out,
                "cancel_type",
                cancel_type.map(|kind| json!(format!("{kind:?}"))),
            );
        }
        _ => {}
    }
}

fn describe_data(data: &SubscriberData, out: &mut Map<String, Value>) {
    put(out, "msisdn", data.msisdn.as_ref().map(digits));
    put(out, "hlr_number", data.hlr_number.as_ref().map(digits));
    flag(out, "pdp_info_complete", data.pdp_info_complete);
    if !data.pdp_infos.is_empty() {
        let infos = data.pdp_infos.iter().map(pdp_info).collect();
        out.insert("pdp_infos".into(), infos);
    }
    let charging = data.charging.map(|charging| json!(to_hex(&charging)));
    put(out, "charging", charging);
}

fn pdp_info(info: &PdpInfo) -> Value {
    let mut out = Map::new();
    out.insert("context".into(), json!(info.context_id.get()));
    put(&mut out, "address", info.address.map(address));
    put(
        &mut out,
        "apn",
        info.apn.as_ref().map(|apn| json!(apn.as_str())),
    );
    let qos = info.qos.as_ref().map(|qos| json!(to_hex(qos.octets())));
    put(&mut out, "qos", qos);
    let charging = info.charging.map(|charging| json!(to_hex(&charging)));
    put(&mut out, "charging", charging);
    Value::Object(out)
}

fn address(address: PdpAddress) -> Value {
    json!(match address {
        PdpAddress::Ipv4(None) => "ipv4".to_owned(),
        PdpAddress::Ipv4(Some(v4)) => format!("ipv4 {v4}"),
        PdpAddress::Ipv6(None) => "ipv6".to_owned(),
        PdpAddress::Ipv6(Some(v6)) => format!("ipv6 {v6}"),
        PdpAddress::Ipv4v6(None) => "ipv4v6".to_owned(),
        PdpAddress::Ipv4v6(Some((v4, v6))) => format!("ipv4v6 {v4} {v6}"),
    })
}

fn tuple(tuple: &AuthTuple) -> Value {
    let mut out = Map::new();
    out.insert("rand".into(), json!(to_hex(&tuple.rand)));
    out.insert("sres".into(), json!(to_hex(tuple.sres.expose())));
    out.insert("kc".into(), json!(to_hex(tuple.kc.expose())));
    if let Some(umts) = &tuple.umts {
        out.insert("ik".into(), json!(to_hex(umts.ik.expose())));
        out.insert("ck".into(), json!(to_hex(umts.ck.expose())));
        out.insert("autn".into(), json!(to_hex(&umts.autn)));
        out.insert("res".into(), json!(to_hex(umts.res.expose())));
    }
    Value::Object(out)
}

fn digits(number: &IsdnAddress) -> Value {
    json!(number.digits())
}

fn flag(out: &mut Map<String, Value>, key: &str, set: bool) {
    put(out, key, set.then_some(json!(true)));
}

fn put(out: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        out.insert(key.to_owned(), value);
    }
}
