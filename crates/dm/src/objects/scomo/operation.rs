//! What can be done to software (OMA SCOMO 1.0, primitives) and to which part
//! of it.

/// What an operation is about. The name is that of the node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A delivery package, in Download and Delivered.
    Package(String),
    /// A deployment component, in Deployed.
    Component(String),
}

impl Target {
    /// The name of its node.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Package(name) | Self::Component(name) => name,
        }
    }
}

/// A primitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Fetch a package.
    Download,
    /// Fetch a package and install it.
    DownloadInstall,
    /// Install a package that is here.
    Install,
    /// Remove a package.
    RemovePackage,
    /// Activate a component.
    Activate,
    /// Deactivate a component.
    Deactivate,
    /// Remove a component.
    RemoveComponent,
}

impl Operation {
    const ALL: [Self; 7] = [
        Self::Download,
        Self::DownloadInstall,
        Self::Install,
        Self::RemovePackage,
        Self::Activate,
        Self::Deactivate,
        Self::RemoveComponent,
    ];

    /// The nodes above the target's own.
    pub(super) const fn list(self) -> &'static [&'static str] {
        match self {
            Self::Download | Self::DownloadInstall => &["Download"],
            Self::Install | Self::RemovePackage => &["Inventory", "Delivered"],
            Self::Activate | Self::Deactivate | Self::RemoveComponent => &["Inventory", "Deployed"],
        }
    }

    /// The node below the target's Operations that takes the Exec.
    #[must_use]
    pub const fn node(self) -> &'static str {
        match self {
            Self::Download => "Download",
            Self::DownloadInstall => "DownloadInstall",
            Self::Install => "Install",
            Self::RemovePackage | Self::RemoveComponent => "Remove",
            Self::Activate => "Activate",
            Self::Deactivate => "Deactivate",
        }
    }

    /// The operation of a node of this name in `list`.
    pub(super) fn of_node(list: &[&str], node: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|known| known.list() == list && known.node() == node)
    }

    pub(super) const fn fetches(self) -> bool {
        matches!(self, Self::Download | Self::DownloadInstall)
    }

    pub(super) fn target(self, name: &str) -> Target {
        match self {
            Self::Activate | Self::Deactivate | Self::RemoveComponent => {
                Target::Component(name.to_owned())
            }
            _ => Target::Package(name.to_owned()),
        }
    }

    pub(super) fn number(self) -> u64 {
        let place = Self::ALL.into_iter().position(|known| known == self);
        place.and_then(|place| place.try_into().ok()).unwrap_or(0)
    }

    pub(super) fn of_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}
