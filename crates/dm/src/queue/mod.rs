//! Commands that people queue for devices, between a store and a server's
//! sessions (OMA DM Protocol 1.2 clauses 6 and 8.6: the server sends its
//! commands in packages of the session that the device has opened).
//!
//! A [`QueuedCommand`] waits until its device comes, goes out in the order of
//! priority, then age, and keeps what the device answered. [`pick`] says what
//! goes next; a [`Delivery`] is one session's part of the queue: it hands
//! requests to the session engine and turns its events into outcomes. Neither
//! stores anything: the owner commits what changed ([`QueueStore`]) before it
//! sends.

mod account;
mod alert_form;
mod command;
mod deliver;
mod form;
mod id;
mod log;
mod login;
mod outcome;
mod pick;
mod port;
mod stored;

pub use account::{Account, AccountAuth};
pub use alert_form::{AlertForm, AlertKind, InputForm};
pub use command::{CommandState, Order, QueuedCommand};
pub use deliver::{Delivery, Report};
pub use form::{RequestForm, ValueForm};
pub use id::{QueuedId, SessionRef};
pub use log::{Transcript, accept_alert};
pub use login::{CertificateLogin, LoginKind, TransportLogin};
pub use outcome::{Part, Reading, status_line};
pub use pick::{Picked, Policy, pick};
pub use port::{
    Commit, Direction, MessageRecord, QueueStore, SessionRecord, StoreError, Versioned,
};
