//! Commands with one node each: `rehome dm get`, `replace`, `add`, `copy`,
//! `delete` and `exec`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::send::Order;
use super::value::Given;

/// `rehome dm get`
#[derive(Args)]
pub(crate) struct Get {
    /// Nodes, ./DevInfo/Man for example; ?prop= and ?list= are the device's
    #[arg(required = true, value_name = "URI")]
    targets: Vec<String>,
    #[command(flatten)]
    order: Order,
}

/// `rehome dm replace`
#[derive(Args)]
pub(crate) struct Replace {
    /// The leaf
    #[arg(value_name = "URI")]
    target: String,
    #[command(flatten)]
    value: Given,
    #[command(flatten)]
    order: Order,
}

/// `rehome dm add`
#[derive(Args)]
pub(crate) struct Add {
    /// The node
    #[arg(value_name = "URI")]
    target: String,
    #[command(flatten)]
    value: Given,
    #[command(flatten)]
    order: Order,
}

/// `rehome dm delete`
#[derive(Args)]
pub(crate) struct Delete {
    /// Nodes
    #[arg(required = true, value_name = "URI")]
    targets: Vec<String>,
    #[command(flatten)]
    order: Order,
}

/// `rehome dm copy`
#[derive(Args)]
pub(crate) struct Copy {
    /// The leaf that is read
    #[arg(value_name = "SOURCE")]
    source: String,
    /// The leaf that is overwritten
    #[arg(value_name = "URI")]
    target: String,
    #[command(flatten)]
    order: Order,
}

/// `rehome dm exec`
#[derive(Args)]
pub(crate) struct Exec {
    /// The node
    #[arg(value_name = "URI")]
    target: String,
    /// The argument
    #[arg(long, allow_hyphen_values = true)]
    argument: Option<String>,
    /// A file with the argument, - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "argument")]
    file: Option<PathBuf>,
    /// What a later report is to bear; the command's name without it
    #[arg(long)]
    correlator: Option<String>,
    #[command(flatten)]
    order: Order,
}

fn all(verb: &str, targets: &[String]) -> Vec<Value> {
    let one = |target: &String| json!({ (verb): { "target": target } });
    targets.iter().map(one).collect()
}

impl Get {
    pub(super) fn run(&self) -> Result<()> {
        self.order.place(&all("get", &self.targets))
    }
}

impl Delete {
    pub(super) fn run(&self) -> Result<()> {
        self.order.place(&all("delete", &self.targets))
    }
}

impl Copy {
    pub(super) fn run(&self) -> Result<()> {
        let request = json!({ "copy": { "source": self.source, "target": self.target } });
        self.order.place(&[request])
    }
}

impl Replace {
    pub(super) fn run(&self) -> Result<()> {
        let Some(value) = self.value.read()? else {
            bail!("a VALUE or --file is wanted");
        };
        let request = json!({ "replace": { "target": self.target, "value": value } });
        self.order.place(&[request])
    }
}

impl Add {
    pub(super) fn run(&self) -> Result<()> {
        let mut add = json!({ "target": self.target });
        if let Some(object) = add.as_object_mut() {
            match (self.value.read()?, self.value.media_type()) {
                (Some(value), _) => object.insert("value".to_owned(), value),
                (None, Some(type_)) => object.insert("type".to_owned(), type_.into()),
                (None, None) => None,
            };
        }
        self.order.place(&[json!({ "add": add })])
    }
}

impl Exec {
    pub(super) fn run(&self) -> Result<()> {
        let argument = Given::new(self.argument.as_deref(), self.file.as_deref()).read()?;
        let mut exec = json!({ "target": self.target });
        if let Some(object) = exec.as_object_mut() {
            object.extend(argument.map(|value| ("argument".to_owned(), value)));
            let correlator = self.correlator.as_deref();
            object.extend(correlator.map(|text| ("correlator".to_owned(), text.into())));
        }
        self.order.place(&[json!({ "exec": exec })])
    }
}
