//! What the firmware object asks its owner for (OMA FUMO 1.0 clause 6): fetch,
//! check, install, say what came of it. Each step is stored before the next one
//! begins, so that after a power cut the object asks again for what was under
//! way.

use std::io;

use dm::objects::DownloadUrl;
use dm::objects::fumo::{Effect, Expected, Fumo, Leftover, Package, ResultCode, State};
use dm::tree::NodeUri;

use super::client::Client;
use super::download::{Cause, Order};
use super::setup::FIRMWARE;
use super::{Outcome, Phase, package};
use crate::Error;

impl Client {
    /// Does what servers have started with the firmware.
    pub(super) async fn work_on_firmware(&mut self) -> Result<(), Error> {
        let Some(firmware) = self.kept.firmware.clone() else {
            return Ok(());
        };
        self.tidy(&firmware)?;
        while let Some(effect) = firmware.poll_effect() {
            match effect {
                Effect::Download {
                    url,
                    offset,
                    expected,
                } => {
                    self.download(&firmware, &url, offset, expected).await?;
                }
                Effect::Verify(package) => self.verify(&firmware, &package).await?,
                Effect::Apply(package) => {
                    self.place(&package)?;
                    self.update(&firmware, Phase::Apply).await?;
                }
                Effect::AskOutcome => self.update(&firmware, Phase::Outcome).await?,
                _ => {
                    return Err(Error::Management(
                        "an unknown effect of the firmware object",
                    ));
                }
            }
            self.kept.save()?;
            self.tidy(&firmware)?;
        }
        Ok(())
    }

    async fn download(
        &mut self,
        firmware: &Fumo,
        url: &DownloadUrl,
        offset: u64,
        expected: Expected,
    ) -> Result<(), Error> {
        let order = Order {
            url,
            offset,
            expected,
            path: self.package.clone(),
            progress: &|octets| firmware.handle_download_progress(octets),
            validator: |kept| &mut kept.validator,
        };
        match self.fetch(&order).await? {
            Ok(()) => {
                let fits = self.digest_fits(&order.expected)?;
                firmware.handle_downloaded(fits)?;
            }
            Err(cause) => {
                tracing::info!(?cause, "the download failed");
                firmware.handle_failed(cause.into())?;
            }
        }
        Ok(())
    }

    /// Removes what no state of the update needs any more.
    fn tidy(&mut self, firmware: &Fumo) -> Result<(), Error> {
        let state = firmware.state();
        if state != State::DownloadProgressing && self.kept.validator.take().is_some() {
            self.kept.save()?;
        }
        if !state.has_data() && !state.is_busy() {
            package::remove(&self.package).map_err(Error::file(&self.package))?;
        }
        Ok(())
    }

    /// Puts a package that came in a message into its file.
    fn place(&self, package: &Package) -> Result<(), Error> {
        if let Package::Received(octets) = package {
            let written =
                tokio::task::block_in_place(|| package::write(&self.package, octets.expose()));
            written.map_err(Error::file(&self.package))?;
        }
        Ok(())
    }

    async fn verify(&mut self, firmware: &Fumo, package: &Package) -> Result<(), Error> {
        self.place(package)?;
        let verdict = match package {
            Package::Received(_) if !self.is_as_expected()? => Err(ResultCode::CORRUPTED),
            _ => match self.hook.clone() {
                Some(hook) => hook.verify(&self.package).await,
                None => Ok(()),
            },
        };
        match verdict {
            Ok(()) => firmware.handle_verified()?,
            Err(code) => firmware.handle_failed(code)?,
        }
        Ok(())
    }

    async fn update(&mut self, firmware: &Fumo, phase: Phase) -> Result<(), Error> {
        let outcome = match self.hook.clone() {
            Some(hook) => hook.update(&self.package, phase).await,
            None => Outcome::Failed(ResultCode::NOT_IMPLEMENTED),
        };
        tracing::info!(?outcome, "the firmware update");
        match outcome {
            Outcome::Applied => firmware.handle_applied(ResultCode::SUCCESS, Leftover::Nothing)?,
            Outcome::Failed(code) => firmware.handle_failed(code)?,
            Outcome::NotBegun if phase == Phase::Outcome => firmware.handle_not_begun()?,
            // Asked for again after the next start.
            Outcome::Later => {}
            Outcome::NotBegun => firmware.handle_failed(ResultCode::UPDATE_FAILED)?,
        }
        Ok(())
    }

    /// Whether the file has the length and the digest that the server wrote
    /// beside the package, as far as it did.
    fn is_as_expected(&self) -> Result<bool, Error> {
        let text = |name: &str| -> Result<String, Error> {
            let at: NodeUri = format!("{FIRMWARE}/Ext/rehome/{name}").parse()?;
            let value = self.kept.tree.value(&at)?;
            Ok(String::from_utf8_lossy(value.data()).into_owned())
        };
        let (size, sha256) = (text("Size")?, text("SHA256")?);
        let (length, digest) = package_digest(&self.package).map_err(Error::file(&self.package))?;
        let size_fits = size == "0" || size == length.to_string();
        let hex: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
        Ok(size_fits && (sha256.is_empty() || sha256.eq_ignore_ascii_case(&hex)))
    }

    /// Whether the file is the package that was asked for.
    fn digest_fits(&self, expected: &Expected) -> Result<bool, Error> {
        let Some(sha256) = expected.sha256 else {
            return Ok(true);
        };
        let found = package_digest(&self.package).map_err(Error::file(&self.package))?;
        Ok(found.1 == sha256)
    }
}

impl From<Cause> for ResultCode {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::BadUrl => Self::BAD_URL,
            Cause::Corrupted => Self::CORRUPTED,
            Cause::NotAcceptable => Self::NOT_ACCEPTABLE,
            Cause::Authentication => Self::AUTHENTICATION,
            Cause::TimedOut => Self::TIMED_OUT,
            Cause::Unavailable => Self::SERVER_UNAVAILABLE,
            Cause::Server => Self::SERVER_ERROR,
            Cause::NoRoom => Self::NO_ROOM_TO_DOWNLOAD,
            Cause::Network => Self::NETWORK,
            Cause::Device => Self::CLIENT_ERROR,
            Cause::Undefined => Self::UNDEFINED,
        }
    }
}

/// A package may be large: the runtime is told that this blocks.
fn package_digest(path: &std::path::Path) -> io::Result<(u64, [u8; 32])> {
    tokio::task::block_in_place(|| package::digest(path))
}
