//! The side that proves who it is (OMA DM Protocol 1.2 clauses 9.1 and 9.2; OMA
//! DM Security 1.2 clause 5.4).

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
    /// The peer took an HMAC and did not answer it with 200.
    MacRule,
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
            Self::MacRule => "dm-auth-mac-rule-broken",
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
#[derive(Clone)]
pub struct Prover {
    credentials: Option<Credentials>,
    nonce: Option<Nonce>,
    /// The nonce came in a challenge of this session.
    fresh: bool,
    /// The last message had credentials.
    sent: bool,
    /// The peer has accepted credentials, so that the scheme stays.
    accepted: bool,
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
            accepted: false,
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

    /// Whether the next message proves something, by its header or by its
    /// HMAC. The Source LocName is the [`user`](Self::user) then.
    #[must_use]
    pub fn is_proving(&self) -> bool {
        self.state == State::Proving
            && self
                .credentials
                .as_ref()
                .is_some_and(|credentials| credentials.can_prove(self.nonce.as_ref()))
    }

    /// The value of the transport's header
    /// [`MAC_HEADER`](super::MAC_HEADER) for the message that goes out, with
    /// credentials of the HMAC scheme. It takes the nonce: the next message
    /// needs another (DM Security clause 5.4.4).
    pub fn mac(&mut self, octets: &[u8]) -> Option<String> {
        if !self.is_mac() || self.state == State::Proved {
            return None;
        }
        let nonce = self.nonce.take()?;
        let header = self.credentials.as_ref()?.mac_header(&nonce, octets);
        self.sent = header.is_some();
        header
    }

    /// Takes note of whether the message that goes out has credentials in its
    /// header.
    pub const fn note_sent(&mut self, with_credentials: bool) {
        self.sent = with_credentials;
    }

    /// Whether the last message had credentials.
    #[must_use]
    pub const fn was_sent(&self) -> bool {
        self.sent
    }

    /// Whether the peer has accepted credentials in this session.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        self.accepted
    }

    /// The name that goes with credentials in the Source LocName.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.credentials.as_ref().map(Credentials::user)
    }

    /// Takes the peer's Status for the header of the last message.
    pub fn handle_status(&mut self, code: StatusCode, chal: Option<&Chal>) -> Answer {
        let answer = match code {
            code if code.is_success() && self.sent && self.is_mac() => {
                self.mac_accepted(code, chal)
            }
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
        };
        self.accepted |= self.sent && answer == Answer::Accepted;
        answer
    }

    /// The peer's message has no Status for the header of the last one. In the
    /// HMAC scheme there is no going on without the next nonce.
    #[must_use]
    pub fn handle_no_status(&self) -> Answer {
        if self.sent && self.is_mac() {
            Answer::Refused(ProofRefused::NoNonce)
        } else {
            Answer::Accepted
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

    /// An HMAC is answered with 200 and the next nonce, or the session ends (DM
    /// Security clause 5.4.3).
    fn mac_accepted(&mut self, code: StatusCode, chal: Option<&Chal>) -> Answer {
        if code != StatusCode::OK {
            return Answer::Refused(ProofRefused::MacRule);
        }
        let type_ = chal.and_then(|chal| chal.type_.as_deref());
        if type_.is_some_and(|type_| Scheme::read(type_) != Some(Scheme::Mac)) {
            return Answer::Refused(ProofRefused::OtherScheme);
        }
        let Some(nonce) = chal.and_then(nonce_of) else {
            return Answer::Refused(ProofRefused::NoNonce);
        };
        self.nonce = Some(nonce.clone());
        self.fresh = false;
        self.next = Some(nonce);
        Answer::Accepted
    }

    fn is_mac(&self) -> bool {
        self.credentials
            .as_ref()
            .is_some_and(|credentials| credentials.scheme() == Scheme::Mac)
    }

    fn challenged(&mut self, chal: Option<&Chal>) -> Result<(), ProofRefused> {
        let credentials = self
            .credentials
            .as_ref()
            .ok_or(ProofRefused::NoCredentials)?;
        let wanted = chal.and_then(|chal| chal.type_.as_deref()).unwrap_or("");
        let before = credentials.scheme();
        let scheme = match Scheme::read(wanted) {
            Some(scheme) if scheme == before => scheme,
            Some(scheme) if credentials.may_be(scheme) && !self.accepted => scheme,
            // Second refusals come without a challenge.
            None if wanted.is_empty() && self.sent => return Err(ProofRefused::WrongCredentials),
            _ => return Err(ProofRefused::OtherScheme),
        };
        // After an HMAC was accepted no message may fail (clause 5.4.3).
        let again_is_useless =
            self.fresh || scheme == Scheme::Basic || (scheme == Scheme::Mac && self.accepted);
        if self.sent && again_is_useless {
            return Err(ProofRefused::WrongCredentials);
        }
        if scheme != Scheme::Basic {
            let nonce = chal.and_then(nonce_of).ok_or(ProofRefused::NoNonce)?;
            self.nonce = Some(nonce);
        }
        self.credentials = Some(credentials.clone().turned(scheme));
        self.fresh = true;
        self.state = State::Proving;
        Ok(())
    }
}

fn nonce_of(chal: &Chal) -> Option<Nonce> {
    Nonce::from_challenge(chal.next_nonce.as_ref()?)
}
