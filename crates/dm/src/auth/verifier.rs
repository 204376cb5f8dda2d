//! The side that checks who the peer is (OMA DM Protocol 1.2 clauses 9.1 and
//! 9.3; OMA DM Security 1.2 clauses 5.3.3, 5.4.3 and 5.4.4).

use clock::Random;
use syncml::{Chal, StatusCode};

use super::{Credentials, Nonce, Scheme, Shown};

/// What the peer has to show.
#[derive(Clone)]
pub enum Requirement {
    /// Nothing: the transport has authenticated it.
    Transport,
    /// These credentials.
    Credentials(Credentials),
    /// What nobody can show. For a peer that is not known: it is challenged and
    /// refused like one with a wrong secret of the MD5 scheme, so that asking
    /// tells nobody which devices exist.
    Unknown,
}

/// How long credentials hold. Those of the HMAC scheme hold for one message
/// in either scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// For the session: accepted with 212. Whoever can send in the name of the
    /// peer under its SessionID then continues the session, so this is right
    /// only where the caller binds the session to the TLS connection, or its
    /// resumption, that the credentials came over.
    #[default]
    Session,
    /// For one message: accepted with 200 and a new nonce every time.
    Message,
}

/// What the header's credentials are worth, and what the Status for the header
/// says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The peer is who it should be.
    Accepted {
        /// 212 or 200.
        code: StatusCode,
        /// The nonce for the next credentials, to be sent.
        chal: Option<Chal>,
        /// The same nonce, to be stored first.
        next: Option<Nonce>,
    },
    /// Not yet: nothing in the message is carried out.
    Challenged {
        /// 401 or 407.
        code: StatusCode,
        /// What the peer is to answer.
        chal: Chal,
    },
    /// Never: the session ends with this status.
    Failed {
        /// 401 or 407.
        code: StatusCode,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Accepted,
    Failed,
}

/// One session's check of the peer.
///
/// A peer may lack credentials once and show wrong ones once; each gets a
/// challenge. The second of a kind ends it, so a wrong secret meets 401 twice
/// and a stale nonce costs exactly one challenge. A challenge that is answered
/// with another scheme ends it at once (DM Security clause 5.4.1), and so does
/// whatever is wrong after a message was accepted in the HMAC scheme (clause
/// 5.4.3).
#[derive(Clone)]
pub struct Verifier {
    requirement: Requirement,
    scope: Scope,
    /// What the next credentials must be over.
    nonce: Option<Nonce>,
    state: State,
    missing: bool,
    wrong: bool,
}

impl Verifier {
    /// Checks by `requirement`, over the stored nonce at first.
    #[must_use]
    pub const fn new(requirement: Requirement, scope: Scope, stored: Option<Nonce>) -> Self {
        Self {
            requirement,
            scope,
            nonce: stored,
            state: State::Open,
            missing: false,
            wrong: false,
        }
    }

    /// Whether the peer has proved itself.
    #[must_use]
    pub fn is_satisfied(&self) -> bool {
        self.state == State::Accepted
    }

    /// Whether [`check`](Self::check) would accept a message that shows this.
    #[must_use]
    pub fn is_proved_by<'a>(&self, shown: impl Into<Shown<'a>>) -> bool {
        match (&self.requirement, self.state, self.scope()) {
            (Requirement::Transport, ..) | (_, State::Accepted, Scope::Session) => true,
            (Requirement::Unknown, ..) | (_, State::Failed, _) => false,
            (Requirement::Credentials(wanted), ..) => {
                wanted.proved_by(&shown.into(), self.nonce.as_ref())
            }
        }
    }

    /// Checks what a message shows of its sender.
    pub fn check<'a>(&mut self, shown: impl Into<Shown<'a>>, random: &mut dyn Random) -> Verdict {
        let shown = shown.into();
        if matches!(self.requirement, Requirement::Transport) {
            self.state = State::Accepted;
            return accepted(StatusCode::OK, None);
        }
        match (self.state, self.scope()) {
            (State::Accepted, Scope::Session) => {
                accepted(StatusCode::AUTHENTICATION_ACCEPTED, None)
            }
            (State::Failed, _) => Verdict::Failed {
                code: self.refusal(&shown),
            },
            _ => self.judge(&shown, random),
        }
    }

    fn judge(&mut self, shown: &Shown<'_>, random: &mut dyn Random) -> Verdict {
        let proved = match &self.requirement {
            Requirement::Credentials(wanted) => wanted.proved_by(shown, self.nonce.as_ref()),
            Requirement::Transport | Requirement::Unknown => false,
        };
        if proved {
            return self.accept(random);
        }
        let code = self.refusal(shown);
        if self.must_end(shown) {
            self.state = State::Failed;
            return Verdict::Failed { code };
        }
        if shown.is_nothing() {
            self.missing = true;
        } else {
            self.wrong = true;
        }
        self.state = State::Open;
        Verdict::Challenged {
            code,
            chal: self.challenge(random),
        }
    }

    /// Whether there is no other challenge for what was not proved.
    fn must_end(&self, shown: &Shown<'_>) -> bool {
        let is_mac = self.scheme() == Scheme::Mac;
        if is_mac && self.state == State::Accepted {
            return true;
        }
        if shown.is_nothing() {
            self.missing || (is_mac && self.is_challenged())
        } else {
            self.wrong || (self.is_challenged() && !shown.is_of(self.scheme()))
        }
    }

    const fn is_challenged(&self) -> bool {
        self.missing || self.wrong
    }

    /// 401 for wrong credentials, 407 for none. In the HMAC scheme a proof that
    /// is missing where it is expected counts as a wrong one (clause 5.4.3).
    fn refusal(&self, shown: &Shown<'_>) -> StatusCode {
        let is_expected = self.is_challenged() || self.state != State::Open;
        if shown.is_nothing() && !(self.scheme() == Scheme::Mac && is_expected) {
            StatusCode::AUTHENTICATION_REQUIRED
        } else {
            StatusCode::UNAUTHORIZED
        }
    }

    fn scope(&self) -> Scope {
        match self.scheme() {
            Scheme::Mac => Scope::Message,
            Scheme::Md5 | Scheme::Basic => self.scope,
        }
    }

    fn accept(&mut self, random: &mut dyn Random) -> Verdict {
        self.state = State::Accepted;
        self.missing = false;
        self.wrong = false;
        let code = match self.scope() {
            Scope::Session => StatusCode::AUTHENTICATION_ACCEPTED,
            Scope::Message => StatusCode::OK,
        };
        if self.scheme() == Scheme::Basic {
            return accepted(code, None);
        }
        let chal = self.challenge(random);
        Verdict::Accepted {
            code,
            chal: Some(chal),
            next: self.nonce.clone(),
        }
    }

    /// A challenge with a new nonce, which the next credentials must be over.
    fn challenge(&mut self, random: &mut dyn Random) -> Chal {
        let scheme = self.scheme();
        let next = (scheme != Scheme::Basic).then(|| Nonce::random(random));
        let chal = Chal::b64(scheme.type_(), next.as_ref().map(Nonce::to_challenge));
        self.nonce = next;
        chal
    }

    const fn scheme(&self) -> Scheme {
        match &self.requirement {
            Requirement::Credentials(wanted) => wanted.scheme(),
            Requirement::Transport | Requirement::Unknown => Scheme::Md5,
        }
    }
}

const fn accepted(code: StatusCode, chal: Option<Chal>) -> Verdict {
    Verdict::Accepted {
        code,
        chal,
        next: None,
    }
}
