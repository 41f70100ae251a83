//! The tail of a split head as a TCP service, and a client that plays the edge.
//!
//! `docs/serve.md` has the bytes. The parts: [`wire`] knows the messages, [`Incoming`] finds them in
//! a stream, [`Service`] is what is served, [`Server`] serves it to many clients, and [`Client`] sends
//! packets, keeps those that were not answered, and sends them again over a new connection.

mod client;
mod connection;
mod edge;
mod error;
mod incoming;
mod server;
mod service;
pub mod wire;

pub use client::{Client, ClientOptions, Reply, Traffic};
pub use edge::{End, packets, play};
pub use error::{EdgeError, ServeError};
pub use incoming::{Incoming, TooLong};
pub use server::{Limits, Server, Statistics};
pub use service::Service;
