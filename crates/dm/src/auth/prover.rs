//! The side that proves who it is (OMA DM Protocol 1.2 clauses 9.1 and 9.2).

use syncml::{Chal, Cred, StatusCode};

use super::{Credentials, Nonce, Scheme};

/// What the peer's Status for the header means for this side's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Accepted, or not asked for.
    Accepted,
    /// Challenged: the last message is to be repeated with new credentials.
    Again,
    /// Refused for good; the session can't go on.
    Refused(ProofRefused),
}

/// Why this side can't prove itself to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofRefused {
    /// Credentials over a nonce that the peer had just given were refused: the
    /// name or the secret is wrong.
    WrongCredentials,
    /// The peer wants credentials and there are none for it.
    NoCredentials,
    /// The peer wants another scheme than the account's.
    OtherScheme,
    /// The peer wants the HMAC scheme, which is not supported.
    MacUnsupported,
    /// The peer's challenge has no nonce, or one that can't be used.
    NoNonce,
    /// The peer's status means that nothing can come of the session.
    Status(StatusCode),
}

impl ProofRefused {
    /// The stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongCredentials => "dm-credentials-refused",
            Self::NoCredentials => "dm-credentials-missing",
            Self::OtherScheme => "dm-auth-scheme-changed",
            Self::MacUnsupported => "dm-auth-mac-unsupported",
            Self::NoNonce => "dm-challenge-without-nonce",
            Self::Status(_) => "dm-header-refused",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Credentials go with every message.
    Proving,
    /// 212: no more credentials in this session.
    Proved,
}

/// One session's proof to the peer.
pub struct Prover {
    credentials: Option<Credentials>,
    nonce: Option<Nonce>,
    /// The nonce came in a challenge of this session.
    fresh: bool,
    /// The last message had credentials.
    sent: bool,
    state: State,
    /// The nonce for the next session, until the peer may be believed.
    next: Option<Nonce>,
}

impl Prover {
    /// Proves with `credentials`, over the stored nonce at first. `None` where
    /// the transport proves enough.
    #[must_use]
    pub const fn new(credentials: Option<Credentials>, stored: Option<Nonce>) -> Self {
        Self {
            credentials,
            nonce: stored,
            fresh: false,
            sent: false,
            state: State::Proving,
            next: None,
        }
    }

    /// The credentials for the header of the next message.
    #[must_use]
    pub fn cred(&self) -> Option<Cred> {
        match self.state {
            State::Proving => self
                .credentials
                .as_ref()
                .and_then(|credentials| credentials.cred(self.nonce.as_ref())),
            State::Proved => None,
        }
    }

    /// Takes note of whether the message that goes out has credentials.
    pub const fn note_sent(&mut self, with_credentials: bool) {
        self.sent = with_credentials;
    }

    /// Whether the last message had credentials.
    #[must_use]
    pub const fn was_sent(&self) -> bool {
        self.sent
    }

    /// The name that goes with credentials in the Source LocName.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.credentials.as_ref().map(Credentials::user)
    }

    /// Takes the peer's Status for the header of the last message.
    pub fn handle_status(&mut self, code: StatusCode, chal: Option<&Chal>) -> Answer {
        match code {
            StatusCode::AUTHENTICATION_ACCEPTED => {
                self.state = State::Proved;
                self.next = chal.and_then(nonce_of).or_else(|| self.next.take());
                Answer::Accepted
            }
            StatusCode::UNAUTHORIZED | StatusCode::AUTHENTICATION_REQUIRED => {
                match self.challenged(chal) {
                    Ok(()) => Answer::Again,
                    Err(why) => Answer::Refused(why),
                }
            }
            code if code.is_success() => {
                self.accepted_once(chal);
                Answer::Accepted
            }
            code => Answer::Refused(ProofRefused::Status(code)),
        }
    }

    /// The nonce for the next session, once. To be taken, and stored, only
    /// after the peer has proved itself.
    pub fn take_next(&mut self) -> Option<Nonce> {
        self.next.take()
    }

    /// 200: every message needs credentials, over the nonce that came with the
    /// answer to the last. After a 212 it means nothing.
    fn accepted_once(&mut self, chal: Option<&Chal>) {
        if self.state == State::Proving
            && let Some(nonce) = chal.and_then(nonce_of)
        {
            self.nonce = Some(nonce.clone());
            self.fresh = false;
            self.next = Some(nonce);
        }
    }

    fn challenged(&mut self, chal: Option<&Chal>) -> Result<(), ProofRefused> {
        let credentials = self
            .credentials
            .as_ref()
            .ok_or(ProofRefused::NoCredentials)?;
        let wanted = chal.and_then(|chal| chal.type_.as_deref()).unwrap_or("");
        if wanted.eq_ignore_ascii_case(Cred::MAC) {
            return Err(ProofRefused::MacUnsupported);
        }
        match Scheme::read(wanted) {
            Some(scheme) if scheme == credentials.scheme() => {}
            // Second refusals come without a challenge.
            None if wanted.is_empty() && self.sent => return Err(ProofRefused::WrongCredentials),
            _ => return Err(ProofRefused::OtherScheme),
        }
        let again_is_useless = self.fresh || credentials.scheme() == Scheme::Basic;
        if self.sent && again_is_useless {
            return Err(ProofRefused::WrongCredentials);
        }
        if credentials.scheme() == Scheme::Md5 {
            let nonce = chal.and_then(nonce_of).ok_or(ProofRefused::NoNonce)?;
            self.nonce = Some(nonce);
        }
        self.fresh = true;
        self.state = State::Proving;
        Ok(())
    }
}

fn nonce_of(chal: &Chal) -> Option<Nonce> {
    Nonce::from_challenge(chal.next_nonce.as_ref()?)
}
