//! Documents for the tables: a sound message around one part that a test
//! chooses (OMA DM RepPro 1.2, "SyncHdr", for the header).

use syncml::{Command, Error, Limits, Message, xml};

/// The header of every document that a test does not write in full.
pub(crate) const HEADER: &str = "<SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>\
    <SessionID>1</SessionID><MsgID>1</MsgID>\
    <Target><LocURI>http://www.syncml.org/mgmt-server</LocURI></Target>\
    <Source><LocURI>IMEI:493005100592800</LocURI></Source></SyncHdr>";

/// A document with `body` in its `SyncBody`.
pub(crate) fn with_body(body: &str) -> String {
    format!("<SyncML xmlns='SYNCML:SYNCML1.2'>{HEADER}<SyncBody>{body}</SyncBody></SyncML>")
}

/// A document whose only command is an `Add` with `content` behind its CmdID.
pub(crate) fn with_add(content: &str) -> String {
    with_body(&format!("<Add><CmdID>2</CmdID>{content}</Add>"))
}

/// A document whose only item has `content`.
pub(crate) fn with_item(content: &str) -> String {
    with_add(&format!("<Item>{content}</Item>"))
}

pub(crate) fn read(document: &str) -> Result<Message, Error> {
    xml::decode(document.as_bytes(), &Limits::default())
}

/// The commands of a document that must be sound.
pub(crate) fn commands(document: &str) -> Vec<Command> {
    read(document)
        .unwrap_or_else(|error| panic!("{error}: {document}"))
        .body
        .commands
}

/// The one command of a document that must be sound.
pub(crate) fn command(document: &str) -> Command {
    let mut commands = commands(document);
    assert_eq!(commands.len(), 1, "{document}");
    commands.remove(0)
}

/// The data of the only item of the only command.
pub(crate) fn data(document: &str) -> Option<syncml::Data> {
    command(document).items()[0].data.clone()
}
