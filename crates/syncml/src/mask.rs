//! A message without its secrets, for the wire log. The places are those of
//! OMA DM 1.2: `Cred` and `NextNonce` (Security 1.2), the secret leaves of the
//! account objects (Standardized Objects 1.2, `AAuthSecret`; DM 1.1.2,
//! `ClientPW`), and documents that carry such leaves (TNDS, Client
//! Provisioning 1.1, `AUTHSECRET`).
//!
//! What can be seen in one message is masked. The last chunk of a large object
//! looks like any other value: whoever logs sessions asks
//! [`Message::has_unfinished_item`] and hides what follows with
//! [`Message::masked_as_continued`].

use crate::{Chal, Command, Cred, Data, Item, Message, Meta, NextNonce};

const MASK: &str = "***";

/// Parts of a leaf's name that give a secret away, in lower case.
const SECRET_PARTS: [&str; 6] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "nonce",
    "aauthdata",
];

/// Whole names that do, in lower case.
const SECRET_NAMES: [&str; 8] = [
    "clientpw", "serverpw", "pw", "pwd", "psk", "pin", "k", "opc",
];

/// Media types of documents that carry whole accounts, in lower case.
const ACCOUNT_TYPES: [&str; 3] = ["dmtnds", "connectivity", "wap-prov"];

impl Message {
    /// Whether some item's value goes on in the next message.
    #[must_use]
    pub fn has_unfinished_item(&self) -> bool {
        fn unfinished(commands: &[Command]) -> bool {
            commands.iter().any(|command| match command {
                Command::Atomic(group) | Command::Sequence(group) => unfinished(&group.commands),
                other => other.items().iter().any(|item| item.more_data),
            })
        }
        unfinished(&self.body.commands)
    }

    /// This message as [`masked`](Self::masked), and with `***` for the value
    /// of every item: for one that goes on with what the message before it has
    /// begun, since a part of a value does not show what it is a part of.
    #[must_use]
    pub fn masked_as_continued(&self) -> Self {
        let mut masked = self.clone();
        masked.mask_as_continued();
        masked
    }

    /// The same in place.
    pub fn mask_as_continued(&mut self) {
        fn hide(command: &mut Command) {
            let items = match command {
                Command::Add(command)
                | Command::Copy(command)
                | Command::Delete(command)
                | Command::Get(command)
                | Command::Replace(command) => &mut command.items,
                Command::Alert(alert) => &mut alert.items,
                Command::Exec(exec) => &mut exec.items,
                Command::Results(results) => &mut results.items,
                Command::Atomic(group) | Command::Sequence(group) => {
                    return group.commands.iter_mut().for_each(hide);
                }
                Command::Status(_) | Command::Unsupported(_) => return,
            };
            for item in items {
                item.data = item.data.as_ref().map(|_| Data::text(MASK));
            }
        }
        self.mask();
        self.body.commands.iter_mut().for_each(hide);
    }

    /// This message with `***` for every credential, nonce and secret value.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut masked = self.clone();
        masked.mask();
        masked
    }

    /// Puts `***` in the place of every credential, nonce and secret value.
    pub fn mask(&mut self) {
        mask_cred(self.header.cred.as_mut());
        mask_meta(self.header.meta.as_mut());
        self.body.commands.iter_mut().for_each(mask_command);
    }
}

fn mask_command(command: &mut Command) {
    match command {
        Command::Add(command)
        | Command::Copy(command)
        | Command::Delete(command)
        | Command::Get(command)
        | Command::Replace(command) => {
            mask_meta(command.meta.as_mut());
            mask_items(&mut command.items, command.meta.as_ref(), false);
        }
        Command::Alert(alert) => mask_items(&mut alert.items, None, false),
        Command::Atomic(group) | Command::Sequence(group) => {
            mask_meta(group.meta.as_mut());
            group.commands.iter_mut().for_each(mask_command);
        }
        Command::Exec(exec) => {
            mask_meta(exec.meta.as_mut());
            mask_items(&mut exec.items, exec.meta.as_ref(), false);
        }
        Command::Results(results) => {
            mask_meta(results.meta.as_mut());
            let mut refs = results.target_ref.iter().chain(&results.source_ref);
            let secret = refs.any(|uri| is_secret_uri(uri));
            mask_items(&mut results.items, results.meta.as_ref(), secret);
        }
        Command::Status(status) => {
            mask_cred(status.cred.as_mut());
            if let Some(Chal {
                next_nonce: Some(nonce),
                ..
            }) = status.chal.as_mut()
            {
                *nonce = masked_nonce();
            }
            let mut refs = status.target_refs.iter().chain(&status.source_refs);
            let secret = refs.any(|uri| is_secret_uri(uri));
            mask_items(&mut status.items, None, secret);
        }
        Command::Unsupported(_) => {}
    }
}

fn mask_cred(cred: Option<&mut Cred>) {
    if let Some(cred) = cred {
        MASK.clone_into(&mut cred.data);
        mask_meta(cred.meta.as_mut());
    }
}

fn mask_meta(meta: Option<&mut Meta>) {
    if let Some(meta) = meta
        && meta.rare.next_nonce.is_some()
    {
        meta.rare.next_nonce = Some(masked_nonce());
    }
}

fn masked_nonce() -> NextNonce {
    NextNonce::read(MASK, None)
}

fn mask_items(items: &mut [Item], command: Option<&Meta>, secret: bool) {
    for item in items {
        mask_meta(item.meta.as_mut());
        if secret || is_secret_item(item, command) {
            item.data = item.data.as_ref().map(|_| Data::text(MASK));
        }
    }
}

fn is_secret_item(item: &Item, command: Option<&Meta>) -> bool {
    let mut uris = item.target_uri().into_iter().chain(item.source_uri());
    let account = item.type_(command).is_some_and(|type_| {
        let type_ = type_.to_ascii_lowercase();
        ACCOUNT_TYPES.iter().any(|part| type_.contains(part))
    });
    // Text that is not the base64 it should be is looked at as it stands.
    let octets = item.octets(command).ok().flatten();
    let text = item.data.as_ref().and_then(Data::as_str);
    let octets = octets
        .as_deref()
        .or(text.map(str::as_bytes))
        .unwrap_or_default();
    let octets = octets.to_ascii_lowercase();
    let spoken = SECRET_PARTS.iter().any(|part| {
        octets
            .windows(part.len())
            .any(|window| window == part.as_bytes())
    });
    item.more_data || account || spoken || uris.any(is_secret_uri)
}

/// Whether the node `uri` holds a secret, or is the inbox, whose documents
/// hold whole accounts.
fn is_secret_uri(uri: &str) -> bool {
    let path = uri.split('?').next().unwrap_or(uri).to_ascii_lowercase();
    let leaf = path.rsplit('/').next().unwrap_or(&path);
    SECRET_PARTS.iter().any(|part| leaf.contains(part))
        || SECRET_NAMES.contains(&leaf)
        || path.split('/').any(|segment| segment == "inbox")
}
