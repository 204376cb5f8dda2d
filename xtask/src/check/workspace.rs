//! The workspace as `cargo metadata` tells it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{cargo, output};

/// A package outside the workspace.
pub(crate) struct Foreign {
    pub(crate) name: String,
    pub(crate) licence: Option<String>,
}

/// Our packages with their direct dependencies, and everybody else's.
pub(crate) struct Workspace {
    /// Package name → names of its normal and build dependencies.
    pub(crate) normal: BTreeMap<String, BTreeSet<String>>,
    /// Package name → names of its dev-dependencies.
    pub(crate) dev: BTreeMap<String, BTreeSet<String>>,
    /// Packages from registries.
    pub(crate) foreign: Vec<Foreign>,
}

impl Workspace {
    pub(crate) fn read() -> Result<Self> {
        let text = output(&mut cargo(&[
            "metadata",
            "--locked",
            "--format-version",
            "1",
        ])?)?;
        let metadata: Value = serde_json::from_slice(&text)?;
        let mut workspace = Self {
            normal: BTreeMap::new(),
            dev: BTreeMap::new(),
            foreign: Vec::new(),
        };
        let packages = metadata
            .get("packages")
            .and_then(Value::as_array)
            .context("cargo metadata lists no packages")?;
        for package in packages {
            let name = text_of(package, "name")?;
            if package.get("source").is_none_or(Value::is_null) {
                workspace.add_ours(&name, package)?;
            } else {
                let licence = package
                    .get("license")
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                workspace.foreign.push(Foreign { name, licence });
            }
        }
        Ok(workspace)
    }

    fn add_ours(&mut self, name: &str, package: &Value) -> Result<()> {
        let normal = self.normal.entry(name.to_owned()).or_default();
        let dev = self.dev.entry(name.to_owned()).or_default();
        for dependency in package
            .get("dependencies")
            .and_then(Value::as_array)
            .context("no dependency list")?
        {
            let target = if dependency.get("kind").is_some_and(|kind| kind == "dev") {
                &mut *dev
            } else {
                &mut *normal
            };
            target.insert(text_of(dependency, "name")?);
        }
        Ok(())
    }
}

fn text_of(value: &Value, key: &str) -> Result<String> {
    value[key]
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("cargo metadata lacks {key}"))
}
