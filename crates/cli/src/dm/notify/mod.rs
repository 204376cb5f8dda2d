//! `rehome dm notify`: package #0, by which a server asks a device to begin a
//! session (OMA-TS-DM_Notification-V1_2 clauses 5 to 7).

mod account;
mod make;
mod read;
mod secret;
mod send;
mod show;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use dm::notification::{Initiator, ResyncNonce, UiMode};

/// `rehome dm notify`
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    make: make::Make,
}

#[derive(Subcommand)]
enum Verb {
    /// Explain a notification, and check its digest with the server's secret
    Read(read::Reading),
}

impl Arguments {
    pub(super) fn run(&self) -> Result<()> {
        match &self.verb {
            Some(Verb::Read(arguments)) => arguments.run(),
            None => self.make.run(),
        }
    }
}

/// What the device is to do about its user.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ui {
    /// No recommendation
    None,
    /// A session in the background
    Background,
    /// A session that the user is told of
    Informative,
    /// A session that the user is asked for first
    Interaction,
}

impl Ui {
    const fn mode(self) -> UiMode {
        match self {
            Self::None => UiMode::NotSpecified,
            Self::Background => UiMode::Background,
            Self::Informative => UiMode::Informative,
            Self::Interaction => UiMode::UserInteraction,
        }
    }

    const fn name(mode: UiMode) -> &'static str {
        match mode {
            UiMode::NotSpecified => "none",
            UiMode::Background => "background",
            UiMode::Informative => "informative",
            UiMode::UserInteraction => "interaction",
        }
    }
}

/// Who wanted the session.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// The server
    Server,
    /// The user of the device
    User,
}

impl By {
    const fn initiator(self) -> Initiator {
        match self {
            Self::Server => Initiator::Server,
            Self::User => Initiator::Client,
        }
    }

    const fn name(initiator: Initiator) -> &'static str {
        match initiator {
            Initiator::Server => "server",
            Initiator::Client => "user",
        }
    }
}

/// How a device reads the nonce 0x00000000 of a server that has lost its own.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Resync {
    /// Four octets of zero
    Octets,
    /// The ten characters
    Text,
}

impl Resync {
    const fn nonce(self) -> ResyncNonce {
        match self {
            Self::Octets => ResyncNonce::Octets,
            Self::Text => ResyncNonce::Text,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Octets => "octets",
            Self::Text => "text",
        }
    }
}
