//! The result of an operation on its way to the server that asked for it: a
//! generic alert (OMA FUMO 1.0 clause 6.2; OMA SCOMO 1.0, generic alerts),
//! sent until it is answered.

use std::collections::VecDeque;

use syncml::Format;

use super::snapshot::{Reader, Writer};
use crate::Error;
use crate::client::GenericAlert;
use crate::tree::{Execution, NodeUri, ServerId, Value};

/// A report to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The server whose Exec it answers, as far as the owner said; the
    /// correlator in the alert means nothing to any other.
    pub server: Option<ServerId>,
    /// What to hand to [`Session::alert`](crate::client::Session::alert).
    pub alert: GenericAlert,
}

/// Who asked for an operation, and under which name.
#[derive(Clone, Default)]
pub(super) struct Origin {
    pub(super) correlator: Option<String>,
    pub(super) server: Option<ServerId>,
}

/// The most octets of a correlator that is kept.
const MAX_CORRELATOR: usize = 1024;

impl Origin {
    /// An empty correlator is none, for the session as well.
    pub(super) fn of(call: &Execution) -> Result<Self, Error> {
        let correlator = call.correlator.clone().filter(|text| !text.is_empty());
        if correlator
            .as_ref()
            .is_some_and(|text| text.len() > MAX_CORRELATOR)
        {
            return Err(Error::TooLarge);
        }
        Ok(Self {
            correlator,
            server: None,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.optional_text(self.correlator.as_deref());
        writer.optional_text(self.server.as_ref().map(ServerId::as_str));
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self {
            correlator: reader.optional_text()?,
            server: reader.optional_parsed()?,
        })
    }
}

/// A report before it becomes an alert.
#[derive(Clone)]
pub(super) struct Finished {
    pub(super) type_: String,
    pub(super) source: NodeUri,
    pub(super) code: u16,
    /// What the operation was about, where the source does not say it all.
    pub(super) about: Option<String>,
    pub(super) origin: Origin,
}

impl Finished {
    /// Failures get a severity of their own (FUMO clause 6.2).
    fn report(&self) -> Report {
        let success = (200..300).contains(&(self.code % 1000));
        Report {
            server: self.origin.server.clone(),
            alert: GenericAlert {
                type_: self.type_.clone(),
                source: Some(self.source.clone()),
                correlator: self.origin.correlator.clone(),
                mark: (!success).then(|| "warning".to_owned()),
                value: self.value(),
            },
        }
    }

    /// The code as a number, or with the identifier as elements (SCOMO).
    fn value(&self) -> Value {
        let Some(about) = &self.about else {
            return Value::new(Format::Int, None, self.code.to_string().into_bytes());
        };
        let about = quick_xml::escape::escape(about.as_str());
        let code = self.code;
        let data = format!("<ResultCode>{code}</ResultCode><Identifier>{about}</Identifier>");
        Value::new(Format::Xml, None, data.into_bytes())
    }
}

/// Reports in the order in which the operations ended.
#[derive(Clone, Default)]
pub(super) struct Reports(VecDeque<Finished>);

impl Reports {
    /// Reports without an answer, from which on no operation is begun.
    const MOST: usize = 8;

    /// Whether another operation may begin beside the `running` ones.
    pub(super) fn check_room(&self, running: usize) -> Result<(), Error> {
        if self.0.len().saturating_add(running) < Self::MOST {
            Ok(())
        } else {
            Err(Error::Failed("too many results are not reported yet"))
        }
    }

    pub(super) fn push(&mut self, finished: Finished) {
        self.0.push_back(finished);
    }

    pub(super) fn first(&self) -> Option<Report> {
        self.0.front().map(Finished::report)
    }

    pub(super) fn answered(&mut self) -> Result<(), Error> {
        let first = self.0.pop_front();
        first.map(drop).ok_or(Error::Misuse("no report was due"))
    }

    /// The last one, if nobody has said who is to get it.
    pub(super) fn unclaimed(&mut self) -> Option<&mut Origin> {
        let last = self.0.back_mut().map(|finished| &mut finished.origin)?;
        last.server.is_none().then_some(last)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.count(self.0.len());
        for finished in &self.0 {
            writer.text(&finished.type_);
            writer.text(&finished.source.to_string());
            writer.number(finished.code.into());
            writer.optional_text(finished.about.as_deref());
            finished.origin.write(writer);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut reports = Self::default();
        for _ in 0..reader.number()? {
            reports.push(Finished {
                type_: reader.text()?,
                source: reader.parsed()?,
                code: reader.choice(|code| code.try_into().ok())?,
                about: reader.optional_text()?,
                origin: Origin::read(reader)?,
            });
        }
        Ok(reports)
    }
}
