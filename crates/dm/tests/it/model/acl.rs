//! ACL values as lists of words (OMA DM TND 1.2 clause 7.7.1.5).

/// The clause's commands, in the order of its grammar.
const COMMANDS: [&str; 5] = ["Add", "Delete", "Exec", "Get", "Replace"];

/// Command and servers. `*` stands for all of them and then stands alone.
pub(crate) type Acl = Vec<(&'static str, Vec<String>)>;

pub(crate) fn only(server: &str, rights: &[&'static str]) -> Acl {
    let entry = |right: &&'static str| (*right, vec![server.to_owned()]);
    rights.iter().map(entry).collect()
}

pub(crate) fn holders(acl: &Acl, right: &str) -> Option<Vec<String>> {
    let entry = acl.iter().find(|(command, _)| *command == right)?;
    Some(entry.1.clone())
}

pub(crate) fn allows(acl: &Acl, right: &str, server: &str) -> bool {
    holders(acl, right)
        .unwrap_or_default()
        .iter()
        .any(|name| name == "*" || name == server)
}

/// `None` for what the grammar does not have. A command twice is in the grammar
/// but says nothing clear; it is refused.
pub(crate) fn read(text: &str) -> Option<Acl> {
    let mut acl = Acl::new();
    for entry in text.split('&') {
        let (command, names) = entry.split_once('=')?;
        let command = *COMMANDS.iter().find(|known| **known == command)?;
        if holders(&acl, command).is_some() {
            return None;
        }
        let mut servers: Vec<String> = names.split('+').map(str::to_owned).collect();
        for name in &servers {
            let printable = name.chars().all(|c| c.is_ascii_graphic() && c != '=');
            if name.is_empty() || !printable || (name.contains('*') && name != "*") {
                return None;
            }
        }
        if servers.iter().any(|name| name == "*") {
            servers = vec!["*".to_owned()];
        }
        acl.push((command, servers));
    }
    Some(acl)
}

/// The order is open; the commands' is that of the grammar, the servers' that
/// of their letters, each once.
pub(crate) fn written(acl: &Acl) -> String {
    let mut entries = Vec::new();
    for command in COMMANDS {
        if let Some(mut servers) = holders(acl, command) {
            servers.sort();
            servers.dedup();
            entries.push(format!("{command}={}", servers.join("+")));
        }
    }
    entries.join("&")
}
