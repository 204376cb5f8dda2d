//! Attaching (TS 33.102 clause 6.3.3): the network challenges, the TRE answers
//! or asks to resynchronise, and what it counted is stored before the answer
//! leaves.

use std::time::Duration;

use aka::{Autn, Rand};
use provisioning::Step;
use provisioning::tre::{Phase, UsimAnswer};
use tokio::time::Instant;

use crate::run::{Happened, Running};
use crate::{Bearer, Downlink, Error, Uplink};

/// From Attach to Accept.
const PATIENCE: Duration = Duration::from_secs(15);

impl<B: Bearer> Running<B> {
    /// Attaches with the TRE's active MCIM. What does not work is tried again
    /// after a pause: nothing that an unauthenticated cell says ends it.
    pub(crate) async fn attach(&mut self) -> Result<(), Error> {
        let began = Instant::now();
        let mcim = self.kept.agent.tre().active_mcim();
        let imsi = self.kept.agent.tre().active_imsi().clone();
        self.serving_plmn = None;
        self.bearer.send(Uplink::Attach(imsi)).await?;
        let until = self.now().plus(PATIENCE);
        loop {
            let happened = self.happens(Some(until)).await?;
            if self.kept.agent.tre().active_mcim() != mcim {
                // T_attach has passed: another subscriber attaches next.
                return self.bearer.send(Uplink::Detach).await;
            }
            match happened {
                Happened::Heard(Downlink::Challenge(rand, autn)) => {
                    self.challenged(&rand, &autn).await?;
                }
                Happened::Heard(Downlink::Accept(plmn)) => {
                    return self.accepted(plmn, began);
                }
                Happened::Heard(Downlink::Reject(cause)) => {
                    tracing::info!(tre = %self.kept.agent.tre().tre_id(), cause, "not let in");
                    return self.try_later();
                }
                Happened::Heard(_) | Happened::Due => return self.try_later(),
                Happened::Changed => {}
                Happened::Stopped => return Ok(()),
            }
        }
    }

    fn try_later(&mut self) -> Result<(), Error> {
        let now = self.now();
        self.kept.agent.failed(now);
        Ok(())
    }

    async fn challenged(&mut self, rand: &Rand, autn: &Autn) -> Result<(), Error> {
        let answer = self.kept.agent.tre_mut().authenticate(rand, autn)?;
        self.kept.commit()?;
        let uplink = match answer {
            UsimAnswer::Response(response) => Uplink::Answer(response.res),
            UsimAnswer::SyncFailure(auts) => Uplink::SyncFailure(auts),
        };
        self.bearer.send(uplink).await
    }

    fn accepted(&mut self, plmn: String, began: Instant) -> Result<(), Error> {
        let probation = self.phase() == Some(Phase::Probation);
        self.kept.agent.attached(&plmn)?;
        self.kept.commit()?;
        tracing::info!(tre = %self.kept.agent.tre().tre_id(), plmn, "attached");
        self.serving_plmn = Some(plmn);
        if probation {
            self.watch.done(Step::Attach, began.elapsed());
        }
        Ok(())
    }
}
