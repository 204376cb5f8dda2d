//! Scripts on a card (ETSI TS 102 226 clause 5): command after command, up to the first
//! that is an error (a warning is none), and what is answered.

use uicc::UiccError;
use uicc::apdu::{CommandApdu, Meaning, ResponseApdu, StatusWord};
use uicc::remote::{BadFormat, CommandScript, End, Format, ScriptResponse, Stop};

/// Octets of answers: a script that gives more is ended by 6F00 before its next command.
const MOST: usize = 8 * 1024;
const TECHNICAL_PROBLEM: StatusWord = StatusWord(0x6f00);

/// Carries out a script and gives the octets of its answer; nothing for no octets.
pub(super) fn run(octets: &[u8], execute: impl FnMut(&CommandApdu) -> ResponseApdu) -> Vec<u8> {
    if octets.is_empty() {
        return Vec::new();
    }
    let answer = match CommandScript::read(octets) {
        Ok(script) => carried_out(&script, execute),
        Err(error) => refused(octets, &error),
    };
    // An answer has 8 KiB and one R-APDU at most: it can be written.
    answer.encode().unwrap_or_default()
}

fn carried_out(
    script: &CommandScript,
    mut execute: impl FnMut(&CommandApdu) -> ResponseApdu,
) -> ScriptResponse {
    let mut responses: Vec<ResponseApdu> = Vec::new();
    let (mut octets, mut has_failed) = (0, false);
    for command in &script.commands {
        let response = match octets < MOST {
            true => execute(command),
            false => TECHNICAL_PROBLEM.into(),
        };
        octets += response.data.len() + 6;
        has_failed = response.status.meaning() == Meaning::Error;
        responses.push(response);
        if has_failed {
            break;
        }
    }
    let mut end = None;
    if let Some(stop) = script.stop.filter(|_| !has_failed) {
        match stopped(stop) {
            Ended::Response(status) => responses.push(status.into()),
            Ended::Object(object) => end = Some(object),
        }
    }
    // What ended the script counts, too.
    let executed = responses.len() + usize::from(end.is_some());
    match script.format {
        Format::Compact => ScriptResponse::Compact {
            executed: u8::try_from(executed).unwrap_or(u8::MAX),
            last: responses
                .pop()
                .unwrap_or_else(|| StatusWord::WRONG_LENGTH.into()),
        },
        format => ScriptResponse::Expanded {
            is_indefinite: format == Format::Indefinite,
            executed: Some(u16::try_from(executed).unwrap_or(u16::MAX)),
            responses,
            end,
        },
    }
}

enum Ended {
    Response(StatusWord),
    Object(End),
}

/// What is said to what a script can't be read beyond.
const fn stopped(stop: Stop) -> Ended {
    match stop {
        Stop::WrongLength => Ended::Response(StatusWord::WRONG_LENGTH),
        Stop::UnknownInstruction { class, .. } => Ended::Response(super::commands::unknown(class)),
        Stop::BadFormat(why) => Ended::Object(End::BadFormat(why.octet())),
        // To a card that has no such actions the tag is unknown.
        Stop::ErrorAction => Ended::Object(End::BadFormat(BadFormat::UnknownTag.octet())),
        Stop::ImmediateAction => Ended::Object(End::ImmediateAction(1)),
        Stop::Chaining => Ended::Object(End::Chaining(2)),
    }
}

/// A template that can't be read: nothing of it is carried out.
fn refused(octets: &[u8], error: &UiccError) -> ScriptResponse {
    let why = match error {
        UiccError::Truncated(_) => BadFormat::LengthNotFound,
        _ => BadFormat::WrongLength,
    };
    ScriptResponse::Expanded {
        is_indefinite: octets.first() == Some(&0xae),
        executed: Some(0),
        responses: Vec::new(),
        end: Some(End::BadFormat(why.octet())),
    }
}
