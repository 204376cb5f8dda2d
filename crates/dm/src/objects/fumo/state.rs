//! The states of a firmware update (OMA FUMO 1.0 clause 5.1, State) and the
//! operations that move it on (clauses 6.1 and 6.2.2).

/// Where an update stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// 10: nothing is under way.
    Idle,
    /// 20: the download failed.
    DownloadFailed,
    /// 30: the package is being fetched.
    DownloadProgressing,
    /// 40: the package is here and being checked.
    DownloadComplete,
    /// 50: the package waits for the command to update.
    ReadyToUpdate,
    /// 60: the update is under way.
    UpdateProgressing,
    /// 70: the update failed, the package is still here.
    UpdateFailedHaveData,
    /// 80: the update failed, the package is gone.
    UpdateFailedNoData,
    /// 90: the update worked, the package is still here.
    UpdateSuccessfulHaveData,
    /// 100: the update worked, the package is gone.
    UpdateSuccessfulNoData,
}

impl State {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::Idle,
        Self::DownloadFailed,
        Self::DownloadProgressing,
        Self::DownloadComplete,
        Self::ReadyToUpdate,
        Self::UpdateProgressing,
        Self::UpdateFailedHaveData,
        Self::UpdateFailedNoData,
        Self::UpdateSuccessfulHaveData,
        Self::UpdateSuccessfulNoData,
    ];

    /// The number in the leaf State.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Idle => 10,
            Self::DownloadFailed => 20,
            Self::DownloadProgressing => 30,
            Self::DownloadComplete => 40,
            Self::ReadyToUpdate => 50,
            Self::UpdateProgressing => 60,
            Self::UpdateFailedHaveData => 70,
            Self::UpdateFailedNoData => 80,
            Self::UpdateSuccessfulHaveData => 90,
            Self::UpdateSuccessfulNoData => 100,
        }
    }

    /// The state of a number.
    #[must_use]
    pub fn of_number(number: u64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| u64::from(state.number()) == number)
    }

    /// Whether an operation is under way.
    #[must_use]
    pub const fn is_busy(self) -> bool {
        matches!(
            self,
            Self::DownloadProgressing | Self::DownloadComplete | Self::UpdateProgressing
        )
    }

    /// Whether a whole package belongs to this state. In the others at rest the
    /// owner may remove what it has stored.
    #[must_use]
    pub const fn has_data(self) -> bool {
        matches!(
            self,
            Self::DownloadComplete
                | Self::ReadyToUpdate
                | Self::UpdateProgressing
                | Self::UpdateFailedHaveData
                | Self::UpdateSuccessfulHaveData
        )
    }

    /// The state once the device has cleaned up, one step at a time.
    pub(super) const fn cleaned(self) -> Option<Self> {
        match self {
            Self::UpdateFailedHaveData => Some(Self::UpdateFailedNoData),
            Self::UpdateSuccessfulHaveData => Some(Self::UpdateSuccessfulNoData),
            Self::DownloadFailed
            | Self::ReadyToUpdate
            | Self::UpdateFailedNoData
            | Self::UpdateSuccessfulNoData => Some(Self::Idle),
            _ => None,
        }
    }
}

/// What a server can have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Fetch the package.
    Download,
    /// Install the package that is here.
    Update,
    /// Fetch it and install it.
    DownloadAndUpdate,
}

impl Operation {
    pub(super) const ALL: [Self; 3] = [Self::Download, Self::Update, Self::DownloadAndUpdate];

    /// The node that takes its Exec.
    #[must_use]
    pub const fn node(self) -> &'static str {
        match self {
            Self::Download => "Download",
            Self::Update => "Update",
            Self::DownloadAndUpdate => "DownloadAndUpdate",
        }
    }

    /// The type of the alert that reports its result.
    #[must_use]
    pub const fn alert_type(self) -> &'static str {
        match self {
            Self::Download => "org.openmobilealliance.dm.firmwareupdate.download",
            Self::Update => "org.openmobilealliance.dm.firmwareupdate.update",
            Self::DownloadAndUpdate => "org.openmobilealliance.dm.firmwareupdate.downloadandupdate",
        }
    }

    pub(super) fn of_node(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.node() == name)
    }
}
