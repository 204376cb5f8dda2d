//! A device's message and its answer. What a message brought is stored before
//! the answer leaves; a session is answered one message at a time.

use dm::queue::{Commit, Direction, Picked, QueueStore, Report, StoreError, pick};
use dm::session::{Encoding, Handled, Received, Transmit};
use provisioning::{ProvisioningError, Reason};
use tls::http::{Request, Response};
use tokens::os::OsRandom;

use super::Shared;
use super::dialogue::{Dialogue, Heard};
use super::login::Sender;
use super::sessions::Place;
use crate::Error;
use crate::binding;
use crate::problem::refusal;
use crate::time::now;

/// How often a step is repeated when somebody else changed a command.
const CONFLICTS: usize = 4;

/// What a session had to say to a message.
enum Tried {
    Answered(Option<Transmit>),
    Refused(dm::Error),
    /// The message is not of this session.
    Elsewhere,
}

impl<S: QueueStore> Shared<S> {
    pub(super) async fn answer_device(&self, request: &Request) -> Response {
        if request.path != self.path {
            return refusal(404, &Reason::new("unknown-path"));
        }
        let sender = match self.sender(request).await {
            Ok(Ok(sender)) => sender,
            Ok(Err(asked)) => return asked,
            Err(error @ Error::OtherDevice) => return refusal(403, &error.reason()),
            Err(error) => {
                tracing::warn!(reason = %error.reason(), "a device could not be told from others");
                return refusal(503, &error.reason());
            }
        };
        let mut response = binding::answer(request, |encoding, octets, mac| {
            self.device_message(encoding, octets, mac, &sender)
        })
        .await;
        self.prove(&sender, &mut response);
        response
    }

    async fn device_message(
        &self,
        encoding: Encoding,
        octets: &[u8],
        mac: Option<&str>,
        sender: &Sender,
    ) -> Result<Option<Transmit>, Error> {
        let received = Received::read(encoding, octets)
            .map_err(ProvisioningError::from)?
            .with_mac(mac);
        let proved = sender.device.as_deref();
        if proved.is_some_and(|device| device != received.source()) {
            return Err(Error::OtherDevice);
        }
        let places = self
            .sessions
            .find(received.source(), received.session_id().as_str());
        let mut refused = None;
        // What a message proves says where it belongs, before anybody else's
        // session in that name answers it.
        for sure in [true, false] {
            for place in &places {
                match self.try_place(place, sure, &received, sender).await? {
                    Tried::Answered(answer) => return Ok(answer),
                    Tried::Refused(error) => refused = Some(error),
                    Tried::Elsewhere => {}
                }
            }
        }
        // A device may use a SessionID again, from its first message on.
        let begins = received.message().header.msg_id.number() == Some(1);
        match refused {
            Some(error) if !begins => Err(ProvisioningError::from(error).into()),
            _ => self.begin(&received, sender).await,
        }
    }

    /// Gives a message to a session; to one that it surely belongs to, or to any.
    async fn try_place(
        &self,
        place: &Place,
        sure: bool,
        received: &Received<'_>,
        sender: &Sender,
    ) -> Result<Tried, Error> {
        let mut own = place.lock().await;
        if sure && !own.as_ref().is_some_and(|own| own.is_met_by(received)) {
            return Ok(Tried::Elsewhere);
        }
        // Whatever stops this message on its way takes the session with it: it
        // may be ahead of what is stored.
        let Some(mut dialogue) = own.take() else {
            return Ok(Tried::Elsewhere);
        };
        let tried = match dialogue.hear(self.ticks.now(), now(), received) {
            Ok(Heard::Within(handled)) => {
                let told = (handled, received, sender);
                Tried::Answered(self.go_on(&mut dialogue, told, place).await?)
            }
            Ok(Heard::Aside(answer)) => Tried::Answered(answer),
            Err(error) => Tried::Refused(error),
        };
        *own = Some(dialogue);
        Ok(tried)
    }

    async fn begin(
        &self,
        received: &Received<'_>,
        sender: &Sender,
    ) -> Result<Option<Transmit>, Error> {
        let account = self.store.account(received.source()).await?;
        let mut dialogue = Dialogue::new(&self.config, account.as_ref(), received, now())?;
        let taken = dialogue
            .session
            .handle_message(self.ticks.now(), received, &mut OsRandom);
        let handled = taken.map_err(ProvisioningError::from)?;
        let place = self
            .sessions
            .make(received.source(), received.session_id().as_str());
        let mut own = place.lock().await;
        let told = (handled, received, sender);
        let answer = self.go_on(&mut dialogue, told, &place).await?;
        *own = Some(dialogue);
        Ok(answer)
    }

    /// Store, then answer.
    async fn go_on(
        &self,
        dialogue: &mut Dialogue,
        (handled, received, sender): (Handled, &Received<'_>, &Sender),
        place: &Place,
    ) -> Result<Option<Transmit>, Error> {
        self.sessions.touch(received.source(), place);
        if handled == Handled::Repeated {
            self.check_transport(dialogue, sender)?;
            return Ok(dialogue.session.poll_transmit(self.ticks.now()));
        }
        let known = dialogue.authenticated;
        dialogue.take_events(now());
        self.check_transport(dialogue, sender)?;
        let text = dialogue.transcript.received(received);
        dialogue.note(now(), Direction::In, text);
        if dialogue.authenticated && !known {
            let session_id = received.session_id().as_str();
            self.sessions
                .keep_only(dialogue.device(), session_id, place);
        }
        let picked = self.pick_next(dialogue).await?;
        if picked.is_empty() {
            // Nothing that somebody could call off meanwhile: one commit for
            // both messages.
            let transmit = self.compose(dialogue, picked);
            self.store_step(dialogue, None).await?;
            return Ok(transmit);
        }
        let picked = self.store_step(dialogue, Some(picked)).await?;
        let transmit = self.compose(dialogue, picked);
        if dialogue.has_more_than_messages() {
            self.store_rest(dialogue).await?;
        }
        Ok(transmit)
    }

    /// A device that has proved itself is told what its transport lacks; anybody
    /// else is not told that there is an account.
    fn check_transport(&self, dialogue: &Dialogue, sender: &Sender) -> Result<(), Error> {
        if dialogue.authenticated {
            self.check_login(dialogue.login, sender)?;
        }
        Ok(())
    }

    /// Our message, with what was picked.
    fn compose(&self, dialogue: &mut Dialogue, picked: Picked) -> Option<Transmit> {
        dialogue.delivery.start(&mut dialogue.session, picked);
        let transmit = dialogue.session.poll_transmit(self.ticks.now());
        dialogue.take_events(now());
        if let Some(transmit) = &transmit {
            let text = dialogue
                .transcript
                .sent(transmit.encoding, &transmit.octets);
            dialogue.note(now(), Direction::Out, text);
        }
        transmit
    }

    /// Stores what the message brought, with what was picked marked as sent.
    /// Gives back what was picked in the end.
    async fn store_step(
        &self,
        dialogue: &mut Dialogue,
        picked: Option<Picked>,
    ) -> Result<Picked, Error> {
        let reports = std::mem::take(&mut dialogue.reports);
        let commit = dialogue.take_commit();
        if commit.is_none() && reports.is_empty() && picked.is_none() {
            return Ok(Picked::default());
        }
        let commit = commit.unwrap_or_default();
        let picks = picked.is_some();
        let mut picked = picked.unwrap_or_default();
        for _ in 0..CONFLICTS {
            let mut commit = commit.clone();
            self.add_reports(dialogue.device(), &reports, &mut commit)
                .await?;
            commit.commands.extend(picked.changed.iter().cloned());
            commit.commands.extend(picked.next.iter().cloned());
            match self.store.commit(commit).await {
                Err(StoreError::Conflict) if picks => picked = self.pick_next(dialogue).await?,
                Err(StoreError::Conflict) => {}
                stored => {
                    stored?;
                    return Ok(picked);
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn pick_next(&self, dialogue: &Dialogue) -> Result<Picked, Error> {
        if !dialogue.delivery.wants_more() {
            return Ok(Picked::default());
        }
        let open = self.store.open_commands(dialogue.device()).await?;
        let tried = dialogue.delivery.tried();
        Ok(pick(open, now(), self.config.policy, tried))
    }

    /// What the device tells of commands of earlier sessions.
    async fn add_reports(
        &self,
        device: &str,
        reports: &[Report],
        commit: &mut Commit,
    ) -> Result<(), Error> {
        for report in reports {
            let known = self.store.command(report.id).await?;
            let Some(mut command) = known.filter(|known| known.value.device() == device) else {
                continue;
            };
            command.value.take_report(report.values.clone());
            commit.commands.push(command);
        }
        Ok(())
    }

    /// Stores what came of making the answer.
    pub(super) async fn store_rest(&self, dialogue: &mut Dialogue) -> Result<(), Error> {
        match dialogue.take_commit() {
            Some(commit) => Ok(self.store.commit(commit).await?),
            None => Ok(()),
        }
    }
}
