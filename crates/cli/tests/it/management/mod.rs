//! A management server as people use it: `rehome serve` with the role `dm`,
//! the commands of `rehome dm`, and devices that come over HTTP.

mod asked;
mod audited;
mod certificates;
mod certs;
mod device;
mod logins;
mod node;
mod notify;
mod pins;
mod queue;
mod records;
mod renewed;
mod staples;
mod strangers;
